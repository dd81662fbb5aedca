import type { Random } from '../simulation/random.ts';
import { failsTheCall, type Fault, type FaultKind } from './faults.ts';
import type { InterceptedCall } from './intercepted-call.ts';
import type { Service } from './wire-errors.ts';

/** A fault that was injected. */
export interface Injected {
  readonly service: Service;
  readonly kind: FaultKind;
  readonly operation: string;
  readonly execution: string | undefined;
  readonly at: number;
  /** Of the SDK's call, the same in its repetitions. */
  readonly invocation: string;
}

/**
 * `passing`: one attempt of a call fails; the SDK tries again, and the engine never knows. `lasting`: every attempt of it
 * fails, each in its own way; what the engine is told leaves open what became of it. Calls of SQS are fewer.
 */
const RATES = {
  dynamodb: { passing: 0.025, lasting: 0.008 },
  sqs: { passing: 0.08, lasting: 0.02 },
} as const;

const FAILING: readonly FaultKind[] = [
  'reset',
  'server_error',
  'unavailable',
  'throttled',
  'answer_lost',
  'answer_lost',
  'applied_error',
  'applied_error',
];
const SLOW: readonly FaultKind[] = ['delayed', 'late'];
const SLOW_MS_MAX = 700;
/** Each costs five seconds until the client gives up. */
const UNANSWERED = 0.02;

/** The calls that workers and the API make; setting up tables and queues is not what is tested. */
const OPERATIONS = new Set([
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'SendMessage',
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibilityBatch',
]);
/** AWS's own pollers make them on AWS; the local stack's wait for an answer without a limit. */
const OF_POLLERS = /^(Receive|Delete|Change)Message/;

/** Decides which requests of one service go wrong. */
export class FaultPlan {
  /** Off while the stack starts and when everything is to come to rest. */
  armed = false;
  readonly injected: Injected[] = [];
  readonly #service: Service;
  readonly #random: Random;
  readonly #lasting = new Set<string>();

  constructor(service: Service, random: Random) {
    this.#service = service;
    this.#random = random;
  }

  faultOf(call: InterceptedCall): Fault | undefined {
    const { invocation = '', operation, execution } = call;
    if (!this.armed || !OPERATIONS.has(operation)) return undefined;
    const kind = this.#kind(invocation, operation);
    if (kind === undefined) return undefined;
    this.injected.push({
      service: this.#service,
      kind,
      operation,
      execution: execution?.execution,
      at: Date.now(),
      invocation,
    });
    return { kind, delayMs: failsTheCall(kind) ? 0 : this.#random.between(20, SLOW_MS_MAX) };
  }

  #kind(invocation: string, operation: string): FaultKind | undefined {
    const { passing, lasting } = RATES[this.#service];
    if (this.#lasting.has(invocation)) return this.#random.pick(FAILING);
    if (this.#random.chance(lasting)) {
      this.#lasting.add(invocation);
      return this.#random.pick(FAILING);
    }
    if (!this.#random.chance(passing)) return undefined;
    if (this.#random.chance(UNANSWERED) && !OF_POLLERS.test(operation)) return 'unanswered';
    return this.#random.pick([...FAILING, ...SLOW]);
  }
}
