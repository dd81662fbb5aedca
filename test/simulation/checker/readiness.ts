import { isSettledRecord } from '../../../shared/domain/execution/records.ts';
import type { Effect, ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import { START, type ModelNode } from './model.ts';
import type { Watcher } from './replay.ts';
import type { View } from './view.ts';
import { sourceOf } from '../../support/contract-tables.ts';

/** I5 and I6 along the log: nothing is claimed, committed or begun before its sources have ended in a way that lets it run. */
export function watchReadiness(report: Report, lenient: boolean): Watcher {
  return {
    onChange: (change, { view, books }) => {
      if (change.kind !== 'node' || view === undefined) return;
      const { after } = change;
      // Closing fences what is ready; that nobody else could have started it is I8's matter.
      if (after.status === 'cancelled' || books.record(after.gen, after.node) !== undefined) return;
      checkRoot(view, after.node, report);
    },
    onApplied: (change, { view }) => {
      if (change.kind !== 'node' || view === undefined || !isSettledRecord(change.after)) return;
      // What rode along follows from this very record.
      for (const id of Object.keys(change.after.pure)) if (id !== change.after.node) checkRoot(view, id, report);
    },
    onEffect: ({ node, attempt }, { view, header }) => {
      const planned = view?.model.byId.get(node);
      if (view === undefined || planned === undefined) return;
      if (!view.mayRun(planned) && !view.isKept(planned))
        report(ruleOf(planned), `attempt ${attempt} of ${node} began although ${stateOf(view, planned)}`);
      // Whoever ends it judges by his clock whose lease has ended.
      if (!lenient && header !== undefined && header.status !== 'running')
        report('I10', `attempt ${attempt} of ${node} began when the execution was ${header.status}`);
    },
  };
}

function checkRoot(view: View, id: string, report: Report): void {
  if (id === START) return;
  const isGate = id.endsWith('?');
  const node = view.model.byId.get(isGate ? id.slice(0, -1) : id);
  if (node === undefined || view.isKept(node)) return;
  const ready = isGate ? view.decision(node) === 'run' : view.mayRun(node);
  if (!ready) report(ruleOf(node), `${id} was taken up although ${stateOf(view, node)}`);
}

function ruleOf({ needs }: ModelNode): 'I5' | 'I6' {
  return needs.length > 1 ? 'I5' : 'I6';
}

function stateOf(view: View, node: ModelNode): string {
  const decision = view.decision(node);
  if (decision === undefined)
    return `its join is undecided (${view
      .statesOf(node)
      .map((state) => state ?? 'open')
      .join(', ')})`;
  if (decision === 'run') return 'its `if` has not let it';
  return `its join says ${decision}`;
}

/** I5 and I6 without a log: what the clocks of one machine tell. */
export function checkTimes(execution: ExecutionEvidence, view: View, effects: readonly Effect[], report: Report): void {
  for (const effect of effects) {
    const node = view.model.byId.get(effect.node);
    if (effect.afterChange !== undefined || node === undefined || view.isKept(node)) continue;
    const sources = node.needs.map((need, slot) => ({ id: sourceOf(need), state: view.statesOf(node)[slot] }));
    const ends = sources
      .filter(({ state }) => node.join !== 'first' || state === 'live')
      .flatMap(({ id }) => endedAt(execution, view, id) ?? []);
    if (ends.length === 0) continue;
    const ready = node.join === 'first' ? Math.min(...ends) : Math.max(...ends);
    if (effect.startedAt < ready)
      report(
        ruleOf(node),
        `attempt ${effect.attempt} of ${node.id} began ${ready - effect.startedAt} ms before its sources had ended`,
      );
  }
}

function endedAt(execution: ExecutionEvidence, view: View, id: string): number | undefined {
  const record = view.books.record(view.generation(id), id);
  // In an earlier generation it may have ended earlier than this record says.
  return record !== undefined && isSettledRecord(record) && execution.header?.gen === 1 ? record.endedAt : undefined;
}
