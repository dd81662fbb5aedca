import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { ApiClient, type Answer } from '../support/api-client.ts';
import type { CallbackEvidence } from '../simulation/checker/evidence.ts';
import type { Random } from '../simulation/random.ts';
import type { Kind } from './workflows.ts';

const RETRY_MS = 60;
const LOOK_MS = 250;
const CANCEL_WITHIN_MS = 900;
/** Of those that decide, how many are contradicted by somebody else at the same time. */
const CONTESTED = 0.3;
/** How often a client that was answered asks for the same start again. */
const ASKED_TWICE = 0.2;
const TERMINAL = new Set(['succeeded', 'failed', 'cancelled', 'timed_out']);

/** What a client asked for, and what it was told. */
export interface Started {
  readonly id: string;
  readonly kind: Kind;
  readonly callbacks: CallbackEvidence[];
  /** Ids that the same Idempotency-Key was answered with. */
  readonly ids: Set<string>;
  wasRedriven: boolean;
}

export interface ClientOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly random: Random;
  /** The target answers as it should from now on. */
  readonly mend: (execution: string) => void;
  /** Everybody gives up. */
  readonly signal: AbortSignal;
}

/** Users of the API, who know nothing of faults but that an answer may not come. */
export class Clients {
  readonly started: Started[] = [];
  /** Answers that must not be, and what else went wrong with them. */
  readonly complaints: string[] = [];
  /** How many have not got yet what they want. */
  waiting = 0;
  readonly #options: ClientOptions;
  readonly #api: ApiClient;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#api = new ApiClient(options.url, options.apiKey);
  }

  async save(definition: JsonObject): Promise<void> {
    await this.#insist('POST', '/v1/workflows', definition, ({ status }) => status === 200 || status === 201);
  }

  start(number: number, kind: Kind): void {
    this.waiting += 1;
    this.#live(number, kind)
      .catch((error: unknown) => this.complaints.push(`start ${number} of ${kind.name}: ${String(error)}`))
      .finally(() => {
        this.waiting -= 1;
      });
  }

  async #live(number: number, kind: Kind): Promise<void> {
    const path = `/v1/workflows/${kind.name}/executions`;
    const headers = { 'idempotency-key': `start-${number}` };
    const body = { input: { value: number } };
    const start = () => this.#insist('POST', path, body, ({ status }) => status === 202, headers);
    const id = idIn(await start());
    const started: Started = { id, kind, callbacks: [], ids: new Set([id]), wasRedriven: false };
    this.started.push(started);
    const { random } = this.#options;
    const again = random.chance(ASKED_TWICE);
    if (kind.client === 'cancel') await this.#cancel(started, random.between(0, CANCEL_WITHIN_MS));
    if (kind.client === 'callback') await this.#decide(started, number, random.chance(CONTESTED));
    if (kind.client === 'redrive') await this.#redrive(started);
    if (again) started.ids.add(idIn(await start()));
  }

  async #cancel({ id }: Started, afterMs: number): Promise<void> {
    await sleep(afterMs);
    await this.#insist('POST', `/v1/executions/${id}/cancel`, undefined, ({ status }) => isOneOf(status, 202, 409));
  }

  async #decide(started: Started, number: number, isContested: boolean): Promise<void> {
    const url = await this.#callbackUrl(started.id);
    if (url === undefined) return;
    const path = url.slice(url.indexOf('/v1/'));
    const votes: Json[] = isContested ? [{ by: number }, { by: -number }] : [{ by: number }];
    await Promise.all(
      votes.map(async (output) => {
        const { status } = await this.#insist('POST', path, { output }, (answer) =>
          isOneOf(answer.status, 200, 409, 410),
        );
        const answer = status === 200 ? 'accepted' : 'refused';
        started.callbacks.push({ node: 'ok', gen: 1, sent: { output }, answer });
      }),
    );
  }

  /** Undefined if the execution has ended without asking anybody. */
  async #callbackUrl(id: string): Promise<string | undefined> {
    for (;;) {
      const { body: node } = await this.#read(`/v1/executions/${id}/nodes/ok`);
      const url: unknown = node?.callback?.url;
      if (typeof url === 'string') return url;
      if (TERMINAL.has(await this.#status(id))) return undefined;
      await sleep(LOOK_MS);
    }
  }

  async #redrive(started: Started): Promise<void> {
    const { id } = started;
    for (let status = 'running'; status !== 'failed'; status = await this.#status(id)) {
      // It may have failed early for a reason of its own, and is then redriven all the same.
      if (status === 'succeeded') return;
      await sleep(LOOK_MS);
    }
    this.#options.mend(id);
    const path = `/v1/executions/${id}/redrive`;
    // 409: an earlier request of ours, whose answer was lost, was served.
    await this.#insist('POST', path, {}, ({ status }) => isOneOf(status, 202, 409));
    started.wasRedriven = true;
  }

  async #status(id: string): Promise<string> {
    const { body } = await this.#read(`/v1/executions/${id}?nodes=none`);
    return String(body?.status);
  }

  #read(path: string): Promise<Answer> {
    return this.#insist('GET', path, undefined, ({ status }) => status === 200);
  }

  /** The same request until it is answered in one of the ways that are answers: a lost connection, 5xx and 429 are none. */
  async #insist(
    method: string,
    path: string,
    body: Json | undefined,
    isAnswer: (answer: Answer) => boolean,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      const answer = await this.#api.call(method, path, { body, headers }).catch(() => undefined);
      if (answer !== undefined && isAnswer(answer)) return answer;
      if (answer !== undefined && answer.status < 500 && answer.status !== 429)
        throw new Error(`${method} ${path} was answered ${answer.status} ${answer.text}`);
      await sleep(RETRY_MS);
    }
  }
}

function isOneOf(status: number, ...wanted: readonly number[]): boolean {
  return wanted.includes(status);
}

function idIn({ body }: Answer): string {
  return String(body.id);
}
