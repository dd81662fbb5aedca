import * as z from 'zod';
import { end, type Outcome as ScriptedOutcome } from '../../support/scripted-task.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { NodeRegistry } from '../../../shared/engine/node-registry.ts';
import type { Attempt, EffectNodeType, NodeOutcome } from '../../../shared/engine/node-type.ts';
import { approvalNode } from '../../../shared/nodes/approval.ts';
import { conditionNode } from '../../../shared/nodes/condition.ts';
import { failNode } from '../../../shared/nodes/fail.ts';
import { passNode } from '../../../shared/nodes/pass.ts';
import { transformNode } from '../../../shared/nodes/transform.ts';
import { waitNode } from '../../../shared/nodes/wait.ts';
import type { Effect } from '../checker/evidence.ts';
import type { FaultLedger } from './faults.ts';
import type { Process } from './process.ts';
import { EPOCH } from './scheduler.ts';
import { sleep } from '../../../shared/engine/sleep.ts';

/** What one attempt of a `task` comes to; without a script it succeeds with `{ from: <node> }`. */
export interface Outcome extends ScriptedOutcome {
  /** How many runs of this node kill their process. */
  readonly kills?: number;
  /** The failure is mended: from this run of the node on, of whichever generation, it succeeds. */
  readonly heals?: number;
}

/** A target that tasks name in `with.target` is down from one time to another. */
export interface Outage {
  readonly target: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** No script fails with this. */
export const OUTAGE_CODE = 'http_502';

/**
 * One outcome for every attempt, or one for each; the last repeats. An entry `<node>:<number>` is for what comes with
 * that number at the end of its idempotency key: a redrive with fresh keys.
 */
export type Script = Readonly<Record<string, Outcome | readonly Outcome[]>>;

const Named = z.object({ target: z.string() });

type Writable = { -readonly [K in keyof Effect]: Effect[K] };

/** The outside world that tasks act on. Its ledger knows nothing of the engine but the key that came with the request. */
export class Target {
  readonly effects: Effect[] = [];
  readonly #scripts = new Map<string, Script>();
  readonly #now: () => number;
  readonly #changesOf: (execution: string) => number;
  readonly #ledger: FaultLedger;
  readonly #killed = new Map<string, number>();
  readonly #runs = new Map<string, number>();
  outages: readonly Outage[] = [];

  constructor(now: () => number, changesOf: (execution: string) => number, ledger: FaultLedger) {
    this.#now = now;
    this.#changesOf = changesOf;
    this.#ledger = ledger;
  }

  script(execution: string, script: Script): void {
    this.#scripts.set(execution, script);
  }

  /** The node types as one process has them: what its tasks do happens in it. */
  registry(process: Process): NodeRegistry {
    return registryWith(taskNode((attempt) => this.#run(process, attempt)));
  }

  async #run(process: Process, attempt: Attempt): Promise<NodeOutcome> {
    const [execution = '', node = '', number = ''] = attempt.idempotencyKey.split(':');
    const script = this.#scripts.get(execution) ?? {};
    const scripted = outcomeOf(script[`${node}:${number}`] ?? script[node] ?? {}, attempt.number);
    let outcome = scripted;
    const effect: Writable = {
      execution,
      node,
      attempt: attempt.number,
      key: attempt.idempotencyKey,
      startedAt: 0,
      input: attempt.config as Json,
    };
    await process.effect({ name: 'effect', execution, about: `${execution} ${node}` }, () => {
      // A request is not sent on a signal that has fired.
      if (attempt.signal.aborted) return;
      effect.startedAt = this.#now();
      effect.afterChange = this.#changesOf(execution);
      this.effects.push(effect);
      outcome = this.#asItIsNow(`${execution}:${node}`, scripted, attempt.config);
      this.#killMaybe(process, execution, node, outcome);
    });
    if (outcome.takesMs !== undefined) await sleep(process.clock, outcome.takesMs, attempt.signal);
    effect.endedAt = this.#now();
    return end(node, outcome, attempt);
  }

  /** Healed, or down, or what its script says. */
  #asItIsNow(name: string, scripted: Outcome, config: unknown): Outcome {
    const runs = (this.#runs.get(name) ?? 0) + 1;
    this.#runs.set(name, runs);
    const target = targetOf(config);
    const ms = this.#now() - EPOCH;
    if (this.outages.some((outage) => outage.target === target && outage.fromMs <= ms && ms < outage.toMs)) {
      this.#ledger.count('target_down');
      return { fail: OUTAGE_CODE, category: 'transient', retryable: true };
    }
    if (scripted.heals === undefined || runs < scripted.heals) return scripted;
    const { fail: _mended, ...rest } = scripted;
    return rest;
  }

  #killMaybe(process: Process, execution: string, node: string, { kills = 0 }: Outcome): void {
    const name = `${execution}:${node}`;
    const killed = this.#killed.get(name) ?? 0;
    if (killed >= kills) return;
    this.#killed.set(name, killed + 1);
    this.#ledger.note('killed_by_node', this.#now(), process.executions);
    process.die(`is killed by ${node}`);
  }
}

function outcomeOf(scripted: Outcome | readonly Outcome[], attempt: number): Outcome {
  return isSeries(scripted) ? (scripted[Math.min(attempt, scripted.length) - 1] ?? {}) : scripted;
}

function isSeries(outcome: Outcome | readonly Outcome[]): outcome is readonly Outcome[] {
  return Array.isArray(outcome);
}

function taskNode(run: EffectNodeType['run']): EffectNodeType {
  return {
    type: 'task',
    kind: 'effect',
    summary: 'does what its script says',
    config: z.unknown(),
    attemptTimeoutMsDefault: 10_000,
    target: targetOf,
    run,
  };
}

function targetOf(config: unknown): string | undefined {
  const named = Named.safeParse(config);
  return named.success ? named.data.target : undefined;
}

function registryWith(task: EffectNodeType): NodeRegistry {
  return new NodeRegistry([task, transformNode, conditionNode, passNode, waitNode, approvalNode, failNode]);
}

/** For compiling, which runs nothing. */
export const catalog = registryWith(taskNode(() => Promise.reject(new Error('there is no process to run in'))));
