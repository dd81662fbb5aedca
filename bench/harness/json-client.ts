import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

interface Answer {
  readonly status: number;
  readonly text: string;
}

const CREATED_OR_ACCEPTED = 300;

/** JSON over connections that are kept: bare node:http, because `fetch` takes more of the cores than the stack's API. */
export class JsonClient implements Disposable {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string, apiKey: string) {
    this.#url = new URL(url);
    this.#headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  }

  /** @throws on anything but success. */
  async get(path: string): Promise<Answer> {
    return this.#call('GET', path, undefined);
  }

  /** @throws on anything but success. */
  async post(path: string, body: unknown): Promise<Answer> {
    return this.#call('POST', path, JSON.stringify(body));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #call(method: string, path: string, body: string | undefined): Promise<Answer> {
    const { hostname: host, port } = this.#url;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const call = request({ host, port, path, method, agent: this.#agent, headers: this.#headers }, (response) => {
      const { statusCode: status = 0 } = response;
      void text(response).then((answer) => resolve({ status, text: answer }), reject);
    });
    call.on('error', reject);
    call.end(body);
    const answer = await promise;
    if (answer.status < CREATED_OR_ACCEPTED) return answer;
    throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
}
