import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RecordedCall {
  readonly path: string;
  readonly key: string | undefined;
  readonly at: number;
}

export interface TargetOptions {
  readonly delayMs?: number;
  /** What to answer; 200 `{ ok: true }` when it says nothing. `nth`: how often this path was called, from 1. */
  readonly answer?: (path: string, nth: number) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | undefined;
}

/** An HTTP server on loopback that remembers every call: the effects, counted where they happen. */
export class RecordingTarget {
  readonly #server: Server;
  readonly #calls: RecordedCall[] = [];
  readonly #byPath = new Map<string, RecordedCall[]>();

  constructor(server: Server) {
    this.#server = server;
  }

  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.authority}`;
  }

  get total(): number {
    return this.#calls.length;
  }

  /** In the order in which they came in. */
  get all(): readonly RecordedCall[] {
    return this.#calls;
  }

  calls(path: string): readonly RecordedCall[] {
    return this.#byPath.get(path) ?? [];
  }

  record(call: RecordedCall): number {
    this.#calls.push(call);
    const list = this.#byPath.get(call.path) ?? [];
    this.#byPath.set(call.path, list);
    return list.push(call);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export async function startRecordingTarget({ delayMs = 0, answer }: TargetOptions = {}): Promise<RecordingTarget> {
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/';
    const key = request.headers['idempotency-key'];
    const nth = target.record({ path, key: typeof key === 'string' ? key : undefined, at: Date.now() });
    request.resume();
    if (delayMs > 0) await sleep(delayMs);
    const { status, headers = {}, body } = answer?.(path, nth) ?? { status: 200, body: { ok: true } };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body ?? {}));
  };
  const server = createServer((request, response) => void respond(request, response));
  const target = new RecordingTarget(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return target;
}
