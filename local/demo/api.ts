import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import {
  ExecutionBody,
  NodeDetail,
  ProblemDetails,
  ResultsBody,
  StartAnswer,
  WorkflowRef,
} from '../../shared/contracts/schemas.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { Decision } from './example.ts';

type NodeFilter = 'none' | 'unfinished' | 'all';

const BUSY_TRIES_MAX = 8;
const BUSY_WAIT_SECONDS_MAX = 5;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: { readonly text: string; readonly mediaType: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The public HTTP API, as the demo needs it; nothing here knows that the stack is in the same process. */
export class Api {
  readonly #url: string;
  readonly #key: string;
  readonly #signal: AbortSignal;

  constructor(url: string, key: string, signal: AbortSignal) {
    this.#url = url;
    this.#key = key;
    this.#signal = signal;
  }

  saveWorkflow(body: { readonly text: string; readonly mediaType: string }): Promise<WorkflowRef> {
    return this.#call({ method: 'POST', path: '/v1/workflows', body }, WorkflowRef);
  }

  startExecution(workflow: string, input: Json, idempotencyKey: string): Promise<StartAnswer> {
    const path = `/v1/workflows/${workflow}/executions`;
    const headers = { 'idempotency-key': idempotencyKey };
    return this.#call({ method: 'POST', path, body: asJson({ input }), headers }, StartAnswer);
  }

  /** All pages of its nodes. */
  async execution(id: string, nodes: NodeFilter): Promise<ExecutionBody> {
    const path = `/v1/executions/${id}?nodes=${nodes}`;
    const first = await this.#call({ method: 'GET', path }, ExecutionBody);
    const all = { ...first.nodes };
    for (let cursor = first.nodesCursor; cursor !== undefined;) {
      const page = await this.#call(
        { method: 'GET', path: `${path}&nodesCursor=${encodeURIComponent(cursor)}` },
        ExecutionBody,
      );
      Object.assign(all, page.nodes);
      cursor = page.nodesCursor;
    }
    return { ...first, nodes: all };
  }

  node(execution: string, node: string): Promise<NodeDetail> {
    return this.#call({ method: 'GET', path: `/v1/executions/${execution}/nodes/${node}` }, NodeDetail);
  }

  results(execution: string): Promise<ResultsBody> {
    return this.#call({ method: 'GET', path: `/v1/executions/${execution}/results` }, ResultsBody);
  }

  /** What a person does who follows the link in a mail. */
  async decide(token: string, { node: _node, ...decision }: Decision): Promise<void> {
    await this.#call({ method: 'POST', path: `/v1/callbacks/${token}`, body: asJson(decision) }, z.unknown());
  }

  async #call<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const response = await this.#fetch(call);
      const text = await response.text();
      const busy = response.status === 429 || response.status === 503;
      if (busy && tries < BUSY_TRIES_MAX) {
        const seconds = Math.min(Number(response.headers.get('retry-after') ?? 1), BUSY_WAIT_SECONDS_MAX);
        await delay(seconds * 1_000, undefined, { signal: this.#signal });
        continue;
      }
      // A token is a permission, and an error message may be logged.
      const what = `${call.method} ${call.path.replace(/\?.*|(?<=^\/v1\/callbacks\/).*/, '')}`;
      if (!response.ok) throw new Error(`${what} answered ${response.status}: ${problemText(text)}`);
      const parsed = schema.safeParse(text === '' ? undefined : JSON.parse(text));
      if (parsed.success) return parsed.data;
      throw new Error(`${what} answered what the API's own schema does not allow: ${z.prettifyError(parsed.error)}`);
    }
  }

  #fetch({ method, path, body, headers }: Call): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body !== undefined && { 'content-type': body.mediaType }),
        ...headers,
      },
      ...(body !== undefined && { body: body.text }),
      signal: this.#signal,
    });
  }
}

type WorkflowRef = z.infer<typeof WorkflowRef>;
type StartAnswer = z.infer<typeof StartAnswer>;
type ResultsBody = z.infer<typeof ResultsBody>;

function asJson(value: Json): { readonly text: string; readonly mediaType: string } {
  return { text: JSON.stringify(value), mediaType: 'application/json' };
}

/** The problems one by one, where there are some: that is what a wrong definition is mended by. */
function problemText(text: string): string {
  try {
    const { code, detail, problems = [] } = ProblemDetails.parse(JSON.parse(text));
    return [
      `${code}: ${detail}`,
      ...problems.map((problem) => `  ${problem.code} ${problem.path}: ${problem.message}`),
    ].join('\n');
  } catch {
    return text.slice(0, 500);
  }
}
