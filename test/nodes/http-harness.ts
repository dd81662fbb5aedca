import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Failure } from '../../shared/domain/failure.ts';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { epochMs, type EpochMs } from '../../shared/domain/time.ts';
import { NodeError, type EffectNodeType } from '../../shared/engine/node-type.ts';

/** What a test server saw of one request. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Tells connections apart. */
  readonly clientPort: number;
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`, as an allow-list has it. */
  readonly host: string;
  readonly origin: string;
  readonly seen: readonly Seen[];
  /** Connections accepted, whether or not a request came over them. */
  readonly connections: () => number;
  readonly sockets: ReadonlySet<Socket>;
}

type Answer = (response: http.ServerResponse, seen: Seen) => void;

/** A real server on loopback that records every request, then answers. */
export async function serve(answer: Answer, tls?: https.ServerOptions): Promise<TestServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(chunks).toString();
      const one = { method, url, headers, body, clientPort: request.socket.remotePort ?? 0 };
      seen.push(one);
      answer(response, one);
    });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    port,
    host,
    origin: `${tls === undefined ? 'http' : 'https'}://${host}`,
    seen,
    connections: () => connections,
    sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** 200 with this JSON. */
export function json(value: Json): Answer {
  return (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

export const NOW: EpochMs = epochMs(Date.UTC(2026, 10, 21, 12));
export const KEY = 'exec-1:charge:1';

interface HttpOutput {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** One attempt, with `config` parsed as the engine does; throws what the node throws. */
export async function call(node: EffectNodeType, config: JsonObject, signal?: AbortSignal): Promise<HttpOutput> {
  const outcome = await node.run({
    config: node.config.parse(config),
    number: 1,
    idempotencyKey: KEY,
    signal: signal ?? new AbortController().signal,
    now: NOW,
    after: (ms) => epochMs(NOW + ms),
  });
  if (outcome.kind !== 'succeeded') throw new Error('http nodes never suspend');
  return outcome.output as unknown as HttpOutput;
}

/** The failure of an attempt that must fail. */
export async function failureOf(node: EffectNodeType, config: JsonObject, signal?: AbortSignal): Promise<Failure> {
  try {
    const output = await call(node, config, signal);
    throw new Error(`succeeded with ${JSON.stringify(output)}`);
  } catch (error) {
    if (error instanceof NodeError) return error.failure;
    throw error;
  }
}

/** How an attempt ended, for tables of both: `200`, or the code of the failure. */
export async function endOf(node: EffectNodeType, config: JsonObject): Promise<number | string> {
  try {
    return (await call(node, config)).status;
  } catch (error) {
    if (error instanceof NodeError) return error.failure.code;
    throw error;
  }
}
