import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Json } from '../../shared/domain/json.ts';
import { closeServer, listenOnLoopback } from '../loopback-server.ts';

/** One request, as it came; the ledger keeps them in the order of arrival. */
interface TargetRequest {
  readonly method: string;
  /** Without the query, percent-encoded as it was sent. */
  readonly path: string;
  readonly query: string;
  /** The Idempotency-Key header. */
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed if it is JSON, else text. */
  readonly body: Json;
}

export interface TargetCall extends TargetRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  /**
   * Places in the order of all arrivals and answers: A was over before B began if `A.answered < B.received`, also where a
   * millisecond cannot tell them apart.
   */
  readonly received: number;
  /** Undefined until it was answered, and if the caller hung up before. */
  answered?: number;
  status?: number;
}

/** Defaults: 200, an empty JSON object, at once. */
interface TargetAnswer {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Json | undefined;
  readonly delayMs?: number | undefined;
}

export type TargetHandler = (request: TargetRequest) => TargetAnswer | Promise<TargetAnswer>;

/** A status stands for an answer without a body. */
type ScriptedAnswer = number | TargetAnswer;

/** `"POST /payments"` → what it answers: one after the other, the last one again and again. */
export type TargetScript = Readonly<Record<string, ScriptedAnswer | readonly ScriptedAnswer[]>>;

export interface HttpTarget extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port`, as an allow-list has it. */
  readonly host: string;
  readonly calls: readonly TargetCall[];
  readonly inFlight: number;
  /** The most requests that were open at one time. */
  readonly inFlightMax: number;
  stop(): Promise<void>;
}

/** A server on loopback that writes down every request before it answers. */
export async function startHttpTarget(answer: TargetHandler | TargetScript): Promise<HttpTarget> {
  const handler = typeof answer === 'function' ? answer : scripted(answer);
  const ledger = new Ledger();
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    void exchange(request, response, handler, ledger, stopping.signal);
  });
  // Longer than any pause between two calls: a connection that we close just when it is used again would look like a
  // lost answer, which a POST is not repeated for.
  server.keepAliveTimeout = 120_000;
  const port = await listenOnLoopback(server, 0);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await closeServer(server, 500);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    calls: ledger.calls,
    get inFlight() {
      return ledger.inFlight;
    },
    get inFlightMax() {
      return ledger.inFlightMax;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** What nobody scripted is 404, with a body that says so. */
export function scripted(script: TargetScript): TargetHandler {
  const used = new Map<string, number>();
  return ({ method, path }) => {
    const route = `${method} ${path}`;
    const answers = Object.hasOwn(script, route) ? script[route] : undefined;
    if (answers === undefined) return { status: 404, body: { error: `no answer is scripted for ${route}` } };
    const count = used.get(route) ?? 0;
    used.set(route, count + 1);
    const list = Array.isArray(answers) ? (answers as readonly ScriptedAnswer[]) : [answers as ScriptedAnswer];
    const answer = list[Math.min(count, list.length - 1)] ?? 200;
    return typeof answer === 'number' ? { status: answer } : answer;
  };
}

class Ledger {
  readonly calls: TargetCall[] = [];
  inFlight = 0;
  inFlightMax = 0;
  #order = 0;

  open(request: TargetRequest): TargetCall {
    const call: TargetCall = { ...request, at: Date.now(), received: this.#next() };
    this.calls.push(call);
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    return call;
  }

  answer(call: TargetCall, status: number): void {
    call.answered = this.#next();
    call.status = status;
  }

  close(): void {
    this.inFlight -= 1;
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  handler: TargetHandler,
  ledger: Ledger,
  stopping: AbortSignal,
): Promise<void> {
  let body: string;
  try {
    body = await text(request);
  } catch {
    return; // The caller hung up before it had said what it wants.
  }
  const call = ledger.open(asRequest(request, body));
  try {
    const { status = 200, headers = {}, body: content = {}, delayMs = 0 } = await handler(call);
    if (delayMs > 0) await delay(delayMs, undefined, { signal: stopping });
    if (response.destroyed) return;
    // Before the caller can see it, so that what it does next comes later in the order.
    ledger.answer(call, status);
    const empty = status === 204 || status === 304;
    response.writeHead(status, { ...(!empty && { 'content-type': 'application/json' }), ...headers });
    response.end(empty ? undefined : JSON.stringify(content));
  } catch {
    // A handler that throws plays a target that breaks down in the middle.
    response.destroy();
  } finally {
    ledger.close();
  }
}

function asRequest(request: IncomingMessage, body: string): TargetRequest {
  const { method = '', url = '', headers } = request;
  const [path = '', ...query] = url.split('?');
  const key = headers['idempotency-key'];
  return {
    method,
    path,
    query: query.join('?'),
    key: typeof key === 'string' ? key : undefined,
    headers,
    body: parsed(body),
  };
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}
