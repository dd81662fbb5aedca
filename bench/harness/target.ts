import { createServer, type Server } from 'node:http';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';

const ANSWER = '{"ok":true}';
/** Longer than any pause in a measurement: a connection must not be closed just when it is used again. */
const KEEP_ALIVE_MS = 120_000;
/** What the call of an execution's last node begins with; the execution's name follows. */
const LAST = '/last/';

/**
 * The target of all measured nodes: answers at once and always well, counts, and knows of each execution when its last
 * node has called. It remembers nothing else, because a ledger of 50,000 calls would be measured with the rest.
 */
export class Target implements AsyncDisposable {
  calls = 0;
  readonly #server: Server;
  #port = 0;
  /** Called for each request; the status to answer with. */
  readonly #answer: (path: string) => number;
  readonly #waiting = new Map<string, () => void>();

  private constructor(answer: (path: string) => number) {
    this.#answer = answer;
    this.#server = createServer((request, response) => {
      request.resume();
      const { url = '' } = request;
      this.calls += 1;
      response.writeHead(this.#answer(url), { 'content-type': 'application/json' });
      response.end(ANSWER);
      if (!url.startsWith(LAST)) return;
      const execution = url.slice(LAST.length);
      this.#waiting.get(execution)?.();
      this.#waiting.delete(execution);
    });
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** `answer`: the status for a path; 200 when absent. */
  static async start(answer: (path: string) => number = () => 200): Promise<Target> {
    const target = new Target(answer);
    target.#port = await listenOnLoopback(target.#server, 0);
    return target;
  }

  /** `127.0.0.1:port`, as an allow-list has it. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** The path that an execution's last node calls. */
  static lastPath(execution: string): string {
    return `${LAST}${execution}`;
  }

  /** Resolves when the last node of this execution calls; to be asked before the execution is started. */
  lastCallOf(execution: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(execution, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server, 500);
  }
}
