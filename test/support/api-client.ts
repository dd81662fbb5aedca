import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, JsonObject } from '../../shared/domain/json.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, whatever came; tests look into it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are what the tests are about
  readonly body: any;
}

export interface CallOptions {
  readonly body?: Json | undefined;
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const POLL_MS = 50;
const END_TIMEOUT_MS = 60_000;

/** Speaks the public HTTP API, as any client would. */
export class ApiClient {
  readonly url: string;
  readonly key: string;
  readonly #check: () => void;

  /** `check` throws once waiting makes no sense any more. */
  constructor(url: string, key: string, check: () => void = () => undefined) {
    this.url = url;
    this.key = key;
    this.#check = check;
  }

  async call(method: string, path: string, { body, raw, headers = {} }: CallOptions = {}): Promise<Answer> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload as string }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  async save(definition: Json): Promise<Answer> {
    const answer = await this.call('POST', '/v1/workflows', { body: definition });
    if (answer.status >= 300) throw new Error(`not saved: ${answer.text}`);
    return answer;
  }

  async start(
    workflow: string,
    body: JsonObject = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const answer = await this.call('POST', `/v1/workflows/${workflow}/executions`, { body, headers });
    if (answer.status !== 202) throw new Error(`not started: ${answer.status} ${answer.text}`);
    return answer.body.id as string;
  }

  async execution(id: string, query = ''): Promise<Answer['body']> {
    const answer = await this.call('GET', `/v1/executions/${id}${query}`);
    if (answer.status !== 200) throw new Error(`not read: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  async ended(id: string, timeoutMs = END_TIMEOUT_MS): Promise<Answer['body']> {
    return this.until(id, (execution) => !['pending', 'running'].includes(execution.status), timeoutMs);
  }

  async until(
    id: string,
    holds: (execution: Answer['body']) => boolean,
    timeoutMs = END_TIMEOUT_MS,
  ): Promise<Answer['body']> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const execution = await this.execution(id);
      if (holds(execution)) return execution;
      this.#check();
      if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(execution).slice(0, 2_000)}`);
      await sleep(POLL_MS);
    }
  }

  async run(definition: JsonObject, input: Json = {}): Promise<Answer['body']> {
    await this.save(definition);
    const id = await this.start(nameOf(definition), { input });
    return this.ended(id);
  }

  async results(id: string): Promise<Answer['body']> {
    return (await this.call('GET', `/v1/executions/${id}/results`)).body;
  }

  async node(id: string, node: string): Promise<Answer['body']> {
    return (await this.call('GET', `/v1/executions/${id}/nodes/${node}`)).body;
  }
}

function nameOf({ name }: JsonObject): string {
  if (typeof name === 'string') return name;
  throw new Error('a definition needs a name to be started by');
}
