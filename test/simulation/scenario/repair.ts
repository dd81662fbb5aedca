import { isTerminal, type DeadLetter, type Header } from '../../../shared/domain/execution/records.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { nodeAt, type Plan } from '../../../shared/domain/workflow/plan.ts';
import { redrive } from '../../../shared/engine/redrive.ts';
import { discard, replay } from '../../../shared/engine/replay.ts';
import { startReplay } from '../../../shared/engine/start-replay.ts';
import type { World } from '../world/world.ts';
import type { ScriptedExecution } from './scenario.ts';

/** What somebody does about an execution that has ended, this long after its end. */
export type Repair = { readonly afterMs: number } & (
  | Redriving
  /** `letter`: in [0, 1), which of those that are there. */
  | { readonly kind: 'replay'; readonly letter: number; readonly edited: boolean }
  | { readonly kind: 'discard'; readonly letter: number }
  | { readonly kind: 'replay_all'; readonly ratePerSecond: number }
  | { readonly kind: 'cancel' }
);

export interface Redriving {
  readonly kind: 'redrive';
  /** Absent: what failed. */
  readonly from?: readonly string[];
  readonly freshKeys: boolean;
  /** The API takes it with `from` only. */
  readonly input?: Json;
  /** Of the workflow; absent: the present one. */
  readonly version?: number;
}

export interface Clients {
  readonly cancel: () => void;
  /** A bulk replay was begun. */
  readonly replaying: (job: { readonly workspace: string; readonly job: string }) => void;
}

/** Does, after the end of a generation, what is to be done then. */
export function repairAfter(world: World, execution: ScriptedExecution, ended: Header, clients: Clients): void {
  if (!isTerminal(ended.status)) return;
  for (const repair of execution.repairs[ended.gen - 1] ?? [])
    world.later(repair.afterMs, () => perform(world, execution, repair, clients));
}

function perform(world: World, execution: ScriptedExecution, repair: Repair, clients: Clients): void {
  switch (repair.kind) {
    case 'redrive':
      return redriveIt(world, execution, repair);
    case 'replay':
      return replayOne(world, execution, repair);
    case 'discard':
      return discardOne(world, execution, repair.letter);
    case 'replay_all':
      return replayAll(world, execution, repair.ratePerSecond, clients);
    case 'cancel':
      return clients.cancel();
    default:
      return repair satisfies never;
  }
}

function redriveIt(world: World, { key, workflow }: ScriptedExecution, repair: Redriving): void {
  const { from, freshKeys, input, version } = repair;
  const target = [workflow, ...(workflow.later ?? [])].find(({ plan }) => plan.version === version)?.plan;
  const ask = {
    ...key,
    freshKeys,
    ...(from !== undefined && { from }),
    ...(input !== undefined && { input: { at: 'record', value: input } as const }),
    ...(target !== undefined && { target }),
  };
  world.request(
    `redrive ${key.execution}`,
    (deps, requestId) => redrive(deps, { ...ask, requestId }),
    () => undefined,
  );
}

function replayOne(
  world: World,
  { key, workflow }: ScriptedExecution,
  { letter: which, edited }: Extract<Repair, { kind: 'replay' }>,
): void {
  const letter = letterOf(world, key, which);
  if (letter === undefined) return;
  const { workspace, execution, node, gen } = letter;
  const value = edited ? editedFor(workflow.plan, node) : undefined;
  const ask = { key: { workspace, execution, node, gen }, ...(value !== undefined && { with: value }) };
  world.request(
    `replay ${execution} ${node}`,
    (deps, requestId) => replay(deps, { ...ask, requestId }),
    () => undefined,
  );
}

/** What is not a template does not fit every type. */
function editedFor(plan: Plan, id: string): Json | undefined {
  const index = plan.indexOf.get(id);
  const type = index === undefined ? undefined : nodeAt(plan, index).type;
  if (type === 'task') return { edited: true };
  return type === 'transform' ? { value: 'edited' } : undefined;
}

function discardOne(world: World, { key }: ScriptedExecution, which: number): void {
  const letter = letterOf(world, key, which);
  if (letter === undefined) return;
  world.request(
    `discard ${key.execution} ${letter.node}`,
    (deps) => discard(deps, letter),
    () => undefined,
  );
}

function replayAll(world: World, { key }: ScriptedExecution, ratePerSecond: number, { replaying }: Clients): void {
  const { workspace } = key;
  world.request(
    `replay all of ${workspace}`,
    (deps) => startReplay(deps, { workspace, filter: {}, ratePerSecond }),
    replaying,
  );
}

/** Of the entries that a client sees when it looks. */
function letterOf(world: World, key: ScriptedExecution['key'], which: number): DeadLetter | undefined {
  const letters = world.store.memory
    .lettersOf(key.workspace)
    .filter(({ execution }) => execution === key.execution)
    .sort((one, other) => one.gen - other.gen || (one.node < other.node ? -1 : 1));
  return letters[Math.floor(which * letters.length)];
}
