import type { Header } from '../../../shared/domain/execution/records.ts';
import { Books } from './books.ts';
import type { Change, Effect, ExecutionEvidence } from './evidence.ts';
import { generationsOf } from './generations.ts';
import { modelOf } from './model.ts';
import { View } from './view.ts';

/** Where an execution stood at one point of its log. */
export interface Moment {
  readonly header: Header | undefined;
  readonly books: Books;
  /** Undefined before there is a header, and where the evidence does not tell how to read the records. */
  readonly view: View | undefined;
  /** The change by which the present run was stopped. */
  readonly stoppedBy: number | undefined;
  readonly planIds: readonly string[] | undefined;
}

export interface Watcher {
  /** Just before the change is applied. `moment` is good until the call returns: its books are written on. */
  readonly onChange?: (change: Change, moment: Moment) => void;
  readonly onApplied?: (change: Change, moment: Moment) => void;
  readonly onEffect?: (effect: Effect, moment: Moment) => void;
}

/** Leads the watchers through the log of an execution; answers where it ends. */
export function replay(
  execution: ExecutionEvidence,
  changes: readonly Change[],
  effects: readonly Effect[],
  watchers: readonly Watcher[],
): Moment {
  const books = new Books();
  const placed = effects
    .filter(({ afterChange }) => afterChange !== undefined)
    .sort((one, other) => (one.afterChange ?? 0) - (other.afterChange ?? 0));
  let next = 0;
  let moment: Moment = { header: undefined, books, view: undefined, stoppedBy: undefined, planIds: undefined };
  const effectsBefore = (seq: number) => {
    for (let effect = placed[next]; effect !== undefined && (effect.afterChange ?? 0) < seq; effect = placed[next]) {
      next += 1;
      for (const watcher of watchers) watcher.onEffect?.(effect, moment);
    }
  };
  for (const change of changes) {
    effectsBefore(change.seq);
    for (const watcher of watchers) watcher.onChange?.(change, moment);
    moment = apply(execution, change, moment);
    for (const watcher of watchers) watcher.onApplied?.(change, moment);
  }
  effectsBefore(Infinity);
  return moment;
}

function apply(execution: ExecutionEvidence, change: Change, moment: Moment): Moment {
  const { books, planIds } = moment;
  if (change.kind === 'node') books.put(change.after, change.issuedAfter ?? change.seq - 1, planIds);
  if (change.kind === 'group') books.putGroup(change.after, change.issuedAfter ?? change.seq - 1);
  if (change.kind !== 'header') return moment;
  const header = change.after;
  const isNewRun = moment.header?.gen !== header.gen || moment.header.version !== header.version;
  const stoppedBy = header.stop === undefined ? undefined : ((isNewRun ? undefined : moment.stoppedBy) ?? change.seq);
  if (!isNewRun) return { ...moment, header, stoppedBy };
  const ids = execution.planIds?.get(header.version);
  // After a redrive only the plan's ids tell which records still count while it goes on.
  const readable = header.repair === undefined || ids !== undefined;
  return { header, books, stoppedBy, planIds: ids, view: readable ? viewOf(execution, header, books) : undefined };
}

/** An execution's records as its header reads them. */
export function viewOf(execution: ExecutionEvidence, header: Header, books: Books): View | undefined {
  const definition = execution.definitions.get(header.version);
  if (definition === undefined) return undefined;
  const generations = generationsOf(header, execution.planIds?.get(header.version), books);
  return new View(modelOf(definition), books, generations, versionSince(execution, header));
}

/** The generation that began with the version that the header names; runs begin on the first one that they know. */
function versionSince({ definitions }: ExecutionEvidence, { version, redrives }: Header): number {
  const other = redrives.findLastIndex((redrive) => redrive.version !== version);
  if (other === -1 && version === Math.min(...definitions.keys())) return 1;
  return redrives[other + 1]?.gen ?? 1;
}
