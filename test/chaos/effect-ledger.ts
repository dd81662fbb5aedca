import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { Effect } from '../simulation/checker/evidence.ts';
import type { Random } from '../simulation/random.ts';

/** A call, with what its caller lived to see. */
export interface LedgerEntry extends Effect {
  readonly nth: number;
  /** Of the execution, and so of the node that it runs. */
  readonly gen: number;
  readonly status: number;
  endedAt?: number;
}

export interface LedgerOptions {
  readonly random: Random;
  /** Number of the last write, to place an effect among them. */
  readonly seq: () => number;
  /** The status that an attempt is answered with. */
  readonly statusOf: (call: { readonly execution: string; readonly node: string; readonly attempt: number }) => number;
}

type Moment = 'called' | 'answered';

const QUICK_MS = 40;
const SLOW_MS = 400;
const SLOW = 0.06;

/** The target of all `http` nodes: `/<execution>/<node>/<generation>/<attempt>`. What arrives here has happened. */
export class EffectLedger implements AsyncDisposable {
  readonly entries: LedgerEntry[] = [];
  /** Told of what just happened; whoever chooses when to kill listens. */
  onMoment: (moment: Moment) => void = () => undefined;
  readonly #options: LedgerOptions;
  readonly #server;
  #port = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#exchange(request, response).catch(() => response.destroy());
    });
    this.#server.keepAliveTimeout = 120_000;
  }

  async start(): Promise<void> {
    this.#port = await listenOnLoopback(this.#server, 0);
  }

  get authority(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await closeServer(this.#server, 0);
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const [, execution = '', node = '', gen = '', attempt = ''] = (request.url ?? '').split('/');
    const call = { execution, node, attempt: Number(attempt) };
    const status = this.#options.statusOf(call);
    const nth = this.entries.length + 1;
    const answer = JSON.stringify({ nth, node });
    // Nothing but what is known now: then the output that a success commits is known as well.
    response.sendDate = false;
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(answer)) };
    const seen: Json = { ...headers, connection: 'keep-alive', 'keep-alive': 'timeout=120' };
    const entry: LedgerEntry = {
      ...call,
      nth,
      gen: Number(gen),
      status,
      key: String(request.headers['idempotency-key']),
      startedAt: Date.now(),
      input: body === '' ? null : (JSON.parse(body) as Json),
      afterChange: this.#options.seq(),
      ...(status < 300 && { output: { status, headers: seen, body: { nth, node } } }),
    };
    this.entries.push(entry);
    this.onMoment('called');
    const { random } = this.#options;
    await sleep(random.between(0, random.chance(SLOW) ? SLOW_MS : QUICK_MS));
    if (response.destroyed) return;
    // Before the caller can see it: what it then does comes later.
    entry.endedAt = Date.now();
    response.writeHead(status, headers);
    response.end(answer);
    this.onMoment('answered');
  }
}
