import { NO_PROGRESS } from '../../../shared/domain/execution/progress.ts';
import { isSettledRecord, isTerminal, type Header, type Progress } from '../../../shared/domain/execution/records.ts';
import { keyOf } from './books.ts';
import type { Effect, ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import { modelOf, START, type ModelNode } from './model.ts';
import type { Watcher } from './replay.ts';
import type { View } from './view.ts';

const STATUSES = new Set(['pending', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out']);

/** I1, I5, I6, I10 and I11 of the records as they are when nothing happens any more. */
export function checkRest(
  { nodes, definitions }: ExecutionEvidence,
  header: Header,
  view: View | undefined,
  report: Report,
): void {
  if (!STATUSES.has(header.status)) report('I1', `the execution's status is ${header.status}`);
  else if (!isTerminal(header.status)) report('I1', `the execution is still ${header.status} at rest`);
  checkOnce(nodes, report);
  for (const record of nodes) {
    if (!isSettledRecord(record) && view !== undefined) report('I10', `${record.node} is still ${record.status}`);
    if (record.gen > header.gen)
      report('I6', `${record.node} has a record of generation ${record.gen}, which never began`);
  }
  if (view === undefined) return;
  for (const { node } of nodes) {
    if (node !== START && !isDefined(definitions, node.replace(/\?$/, '')))
      report('I6', `${node} has a record and is not in the definition`);
  }
  const stopped = header.stop !== undefined;
  for (const node of view.model.nodes) checkNode(view, node, header, stopped, report);
  if (isTerminal(header.status)) {
    checkEnd(view, header, nodes.length > 0, report);
    checkProgress(view, header, nodes.length > 0, report);
  }
}

/** In the version that it ended on, or one that it was on before. */
function isDefined(definitions: ExecutionEvidence['definitions'], node: string): boolean {
  return [...definitions.values()].some((definition) => modelOf(definition).byId.has(node));
}

/** I5: each result lies in one record, and each record is there once. */
function checkOnce(nodes: ExecutionEvidence['nodes'], report: Report): void {
  const seen = new Set<string>();
  for (const record of nodes) {
    const results = isSettledRecord(record) ? Object.keys(record.pure).filter((id) => id !== record.node) : [];
    for (const id of [record.node, ...results]) {
      const key = keyOf(record.gen, id);
      if (seen.has(key)) report('I5', `${id} has two results in generation ${record.gen}`);
      seen.add(key);
    }
  }
}

function checkNode(view: View, node: ModelNode, header: Header, stopped: boolean, report: Report): void {
  const own = view.ownEnd(node);
  const gate = view.gate(node);
  const decision = view.decision(node);
  const taken = own !== undefined || view.openRecord(node) !== undefined;
  const asked = node.hasIf ? gate !== undefined : taken;
  if (asked && decision !== 'run' && !view.isKept(node))
    report('I6', `${node.id} ended as ${own?.status ?? 'asked'} although its join says ${decision ?? 'nothing yet'}`);
  if (node.hasIf && taken && gate?.status !== 'open') report('I6', `${node.id} ran although its \`if\` did not let it`);
  if (own?.status === 'cancelled' && !stopped)
    report('I6', `${node.id} was cancelled although nobody stopped the execution`);
  const isReady = decision === 'run' && !asked;
  const isLeft = node.hasIf && gate?.status === 'open' && !taken;
  if (!isReady && !isLeft) return;
  if (isTerminal(header.status))
    report('I1', `the execution is ${header.status} and ${node.id}, which was to run, has not ended`);
  else report('I10', `${node.id} is ready and nobody runs it`);
}

/** The execution's own end, from those of its nodes. */
function checkEnd(view: View, header: Header, started: boolean, report: Report): void {
  const { status, reason, stop } = header;
  if (stop !== undefined) {
    if (status !== stop.status) report('I6', `the execution was stopped as ${stop.status} and ended as ${status}`);
    return;
  }
  // Held, and never started.
  if (reason === 'hold_expired' && !started) return;
  for (const node of view.model.nodes) {
    if (view.endOf(node) === undefined && !isReported(view, node))
      report('I1', `the execution ended as ${status} before ${node.id} had`);
  }
  const failed = view.model.nodes.filter((node) => {
    const end = view.endOf(node);
    return end !== undefined && view.isFatal(node, end);
  });
  const fatal = [...(view.startFailed ? [START] : []), ...failed.map(({ id }) => id)];
  const [first] = fatal;
  if (status === 'succeeded' && first !== undefined)
    report('I6', `the execution succeeded although ${first} failed and nobody caught it`);
  if (status === 'failed' && first === undefined && !(reason === 'output_failed' && view.model.hasOutput))
    report('I6', `the execution failed (${reason ?? 'without a reason'}) although no failure was left uncaught`);
  if (status === 'cancelled' || status === 'timed_out')
    report('I6', `the execution is ${status} although nobody stopped it`);
  if (reason === 'node_failed' && !fatal.includes(header.error?.node ?? START))
    report('I6', `the execution blames ${header.error?.node ?? 'nobody'}, which did not fail it`);
}

/** Already reported as ready and not run, or as running. */
function isReported(view: View, node: ModelNode): boolean {
  return view.openRecord(node) !== undefined || view.mayRun(node) || view.decision(node) === 'run';
}

function checkProgress(view: View, header: Header, started: boolean, report: Report): void {
  const { progress } = header;
  if (progress === undefined) {
    if (started) report('I11', 'the execution ended without a count of its nodes');
    return;
  }
  const counts: Record<keyof Progress, number> = { ...NO_PROGRESS };
  for (const node of view.model.nodes) {
    counts.total += 1;
    counts[view.endOf(node)?.status ?? 'cancelled'] += 1;
  }
  const wrong = Object.entries(counts).flatMap(([word, count]) => {
    const said = Object.entries(progress).find(([name]) => name === word)?.[1];
    return said === count ? [] : [`${word} ${String(said)} instead of ${count}`];
  });
  if (wrong.length > 0) report('I11', `the header counts ${wrong.join(', ')}`);
}

/** I1 along the log: the end comes last. */
export function watchEnd(report: Report): Watcher {
  return {
    onChange: (change, { header, view, books }) => {
      const ended = header !== undefined && isTerminal(header.status);
      if (change.kind === 'node' && ended)
        report('I1', `${change.after.node} became ${change.after.status} after the execution had ended`);
      if (change.kind === 'group' && ended && change.after.lease.until > change.at)
        report('I1', `group ${change.after.group} of ${change.after.node} was taken after the execution had ended`);
      if (change.kind !== 'header' || ended || !isTerminal(change.after.status)) return;
      // An execution whose definition cannot be read is ended as it stands.
      if (view === undefined) return;
      const open = books.records.filter((record) => !isSettledRecord(record));
      for (const { node, status } of open) report('I1', `the execution ended while ${node} was ${status}`);
      if (change.after.stop !== undefined) return;
      for (const node of books.records.length === 0 ? [] : view.model.nodes) {
        if (view.endOf(node) === undefined && view.openRecord(node) === undefined)
          report('I1', `the execution ended before ${node.id} had`);
      }
    },
  };
}

/** I6: an effect of a node that, by its records, never ran. */
export function checkStrays(
  { definitions }: ExecutionEvidence,
  view: View,
  effects: readonly { effect: Effect; gen: number }[],
  report: Report,
): void {
  for (const { effect, gen } of effects) {
    const node = view.model.byId.get(effect.node);
    if (node === undefined) {
      if (!isDefined(definitions, effect.node))
        report('I6', `${effect.node} had an effect and is not in the definition`);
    } else if (
      gen === view.generation(node.id) &&
      view.ownEnd(node) === undefined &&
      view.openRecord(node) === undefined
    )
      report('I6', `${node.id} had an effect and is ${view.endOf(node)?.status ?? 'without an end'}`);
  }
}
