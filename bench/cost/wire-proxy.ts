import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import { askedForCapacity, type Exchange } from './wire-reading.ts';

/** What belongs to one connection and not to the message. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding']);
const BAD_GATEWAY = 502;

/** Stands between functions and one server, hands everything on and tells what passed. */
export class WireProxy implements AsyncDisposable {
  readonly #upstream: URL;
  readonly #tell: (caller: string, exchange: Exchange) => void;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });

  /** `tell`: who asked, by the key that signed, and what. */
  constructor(upstream: string, tell: (caller: string, exchange: Exchange) => void) {
    this.#upstream = new URL(upstream);
    this.#tell = tell;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  async start(): Promise<string> {
    return `http://127.0.0.1:${await listenOnLoopback(this.#server, 0)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server, 0);
    this.#agent.destroy();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'POST', url = '/', headers } = request;
    const operation =
      String(headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ?? '';
    const body = await buffer(request);
    const { hostname: host, port } = this.#upstream;
    const asked = operation === '' ? body : Buffer.from(askedForCapacity(operation, body.toString('utf8')));
    const onwards = send({ host, port, path: url, method, agent: this.#agent, headers: headersOf(headers, asked) });
    // A poll whose caller is gone would be handed messages that nobody sees.
    response.once('close', () => response.writableFinished || onwards.destroy());
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    onwards.once('response', resolve).once('error', reject).end(asked);
    const answered = await promise;
    const answer = await buffer(answered);
    const { statusCode: status = BAD_GATEWAY } = answered;
    this.#tell(callerOf(headers.authorization), {
      method,
      operation,
      request: body.toString('utf8'),
      status,
      answer: answer.toString('utf8'),
    });
    response.writeHead(status, headersOf(answered.headers, answer)).end(answer);
  }
}

/** Each function of a stack with something in front has a key of its own (`local/aws-identity.ts`). */
const callerOf = (authorization = ''): string => /Credential=([^/]+)\//.exec(authorization)?.[1] ?? '';

function headersOf(headers: IncomingMessage['headers'], body: Buffer): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name) && name !== 'content-length');
  return {
    ...Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    'content-length': String(body.length),
  };
}
