import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../simulation/checker/check.ts';
import type { ExecutionEvidence, FaultEvidence } from '../simulation/checker/evidence.ts';
import { apiDisagreements } from './api-view.ts';
import type { Started } from './clients.ts';
import { doubled, lostStarts, type Finding } from './counts.ts';
import { failsTheCall } from './faults.ts';
import { repetitions, type Repetitions } from './repetitions.ts';
import type { Rest } from './rest.ts';
import { storedEvidence } from './stored-evidence.ts';
import type { Kind } from './workflows.ts';
import type { World } from './world.ts';

export interface ChaosReport extends Repetitions {
  readonly kills: number;
  readonly executions: number;
  readonly lost: number;
  readonly doubled: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly effects: number;
  /** Executions that a killed worker, or a message that died, brought to another end than planned. */
  readonly unplanned: number;
  readonly violations: readonly string[];
  readonly seconds: number;
  readonly seed: number;
}

interface Case {
  readonly world: World;
  readonly kinds: readonly Kind[];
  readonly started: readonly Started[];
  readonly rest: Rest;
  /** What clients were told that they must not be. */
  readonly complaints: readonly string[];
  readonly options: { readonly executions: number; readonly seed: number; readonly folder: string };
}

/** Ends that the contract allows where workers die: of what may run once only, or died with its worker too often. */
const EXCUSES: ReadonlySet<string> = new Set(['interrupted', 'poisoned', 'dispatch_dead']);

export async function judgeChaos({ world, kinds, started, rest, complaints, options }: Case): Promise<ChaosReport> {
  const { ledger, log, killer, child } = world;
  await leaveBehind(world, options.folder);
  const faults = faultsOf(world);
  const executions = await storedEvidence(world.dynamodb, started, kinds, log, child.epochs);
  const messages = [...rest.left.messages.values()].flat();
  const violations = check({
    executions,
    effects: ledger.entries,
    faults,
    messagesLeft: messages.length,
    skewed: false,
  });
  const lost = lostStarts(executions);
  const twice = doubled(executions, started, ledger.entries);
  const ends = unplannedEnds(executions, started);
  const repeated = repetitions(ledger.entries, log.writes, faults);
  const findings = [...lost, ...twice, ...ends.inexcusable, ...(await apiDisagreements(world.api, executions))];
  const problems = [
    ...violations.map(({ invariant, execution = '', message }) => `${invariant} ${execution} ${message}`),
    ...findings.map(({ execution, message }) => `${execution} ${message}`),
    ...complaints,
    ...Array.from(rest.left.messages, ([queue, bodies]) => `${queue} still holds ${bodies.join(' ')}`),
    ...(rest.afterMs === undefined ? ['it does not come to rest'] : []),
    ...(child.crashes > 0 ? [`the stack ended by itself ${child.crashes} times: stack.log`] : []),
    ...(repeated.extraEffects > repeated.hitEffects
      ? [
          `${repeated.extraEffects} effects were repeated, and faults hit only ${repeated.hitEffects} before their commit`,
        ]
      : []),
    ...(started.length < options.executions
      ? [`${options.executions - started.length} starts were never accepted`]
      : []),
  ];
  return {
    kills: killer.kills.length,
    executions: started.length,
    lost: lost.length,
    doubled: twice.length,
    ...repeated,
    effects: ledger.entries.length,
    unplanned: ends.excused,
    faults: countsOf(world),
    violations: problems,
    seconds: 0,
    seed: options.seed,
  };
}

/** For whoever has to find out what happened. */
async function leaveBehind({ ledger, log, killer, plans }: World, folder: string): Promise<void> {
  const lines = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');
  const writes = log.writes.map(({ item, ...write }) => ({
    ...write,
    status: item?.['status']?.S,
    details: item?.['d']?.S,
  }));
  await writeFile(join(folder, 'ledger.jsonl'), lines(ledger.entries));
  await writeFile(join(folder, 'writes.jsonl'), lines(writes));
  await writeFile(join(folder, 'faults.jsonl'), lines([...killer.kills, ...plans.flatMap((plan) => plan.injected)]));
}

function faultsOf({ killer, plans }: World): readonly FaultEvidence[] {
  const kills = killer.kills.map(({ at }) => ({ kind: 'kill', at, repeats: true }));
  const injected = plans
    .flatMap((plan) => plan.injected)
    .map(({ service, kind, execution, at }) => ({
      kind: `${service}:${kind}`,
      at,
      // Messages that are lost or doubled repeat no effect: what is committed is found by who comes next.
      repeats: service === 'dynamodb' && failsTheCall(kind),
      ...(execution !== undefined && { execution }),
    }));
  return [...kills, ...injected];
}

function countsOf({ killer, plans }: World): Readonly<Record<string, number>> {
  const kinds = [
    ...killer.kills.map(({ moment }) => `kill:${moment}`),
    ...plans.flatMap((plan) => plan.injected.map(({ service, kind }) => `${service}:${kind}`)),
  ].sort();
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function unplannedEnds(executions: readonly ExecutionEvidence[], started: readonly Started[]) {
  const headers = new Map(executions.map((execution) => [execution.key.execution, execution]));
  const inexcusable: Finding[] = [];
  let excused = 0;
  for (const { id, kind, wasRedriven } of started) {
    const { header, nodes = [] } = headers.get(id) ?? {};
    const isLate = kind.client === 'cancel' && header?.status === 'succeeded';
    if (header === undefined) continue;
    if (wasRedriven && header.gen === 1) inexcusable.push({ execution: id, message: 'was redriven and is as it was' });
    if (header.status === kind.ends || isLate) continue;
    if (nodes.some((record) => record.status === 'failed' && EXCUSES.has(record.error?.code ?? ''))) excused += 1;
    else inexcusable.push({ execution: id, message: `of ${kind.name} ended as ${header.status}, not ${kind.ends}` });
  }
  return { inexcusable, excused };
}
