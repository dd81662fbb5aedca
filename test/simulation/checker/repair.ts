import { isTerminal, type Header, type Redrive } from '../../../shared/domain/execution/records.ts';
import type { ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import { modelOf, type Model, type ModelNode } from './model.ts';
import type { View } from './view.ts';

/** I16: what each redrive repeated, judged by the records of its generation. */
export function checkRedrives({ nodes, definitions }: ExecutionEvidence, header: Header, report: Report): void {
  const mayRepeat = (id: string, redrive: Redrive) => {
    const definition = definitions.get(redrive.version);
    return definition === undefined || mayRepeatSuccess(modelOf(definition), id, redrive);
  };
  for (const { gen } of header.redrives) {
    for (const { node } of nodes.filter((record) => record.gen === gen)) {
      const before = nodes.filter((record) => record.node === node && record.gen < gen);
      const last = before.reduce<(typeof nodes)[number] | undefined>(
        (latest, record) => (latest === undefined || record.gen > latest.gen ? record : latest),
        undefined,
      );
      if (last?.status !== 'succeeded') continue;
      // An earlier redrive may have discarded it, and its run ended before it came to the node.
      const since = header.redrives.filter((redrive) => redrive.gen > last.gen && redrive.gen <= gen);
      if (!since.some((redrive) => mayRepeat(node, redrive)))
        report('I16', `redrive ${gen} repeated ${node}, which had succeeded and which nobody named`);
    }
  }
}

/** Named, below what is named, or of the joins that the contract excepts. */
function mayRepeatSuccess(model: Model, id: string, { from }: Redrive): boolean {
  const node = model.byId.get(id);
  // What pure nodes compute costs nothing and tells nobody anything.
  if (node === undefined || node.pure || node.join === 'first' || node.join === 'always') return true;
  return from !== undefined && isAtOrBelow(model, node, new Set(from));
}

function isAtOrBelow(model: Model, node: ModelNode, named: ReadonlySet<string>): boolean {
  if (named.has(node.id)) return true;
  const sources = node.needs.flatMap((need) => model.byId.get(need.split('.')[0] ?? '') ?? []);
  return sources.some((source) => isAtOrBelow(model, source, named));
}

/** I17: who was failed by a node has an entry for it, and no entry is open for what a redrive has repeated. */
export function checkDeadLetters({ letters }: ExecutionEvidence, header: Header, view: View, report: Report): void {
  if (letters === undefined) return;
  const failed = header.status === 'failed' && header.reason === 'node_failed';
  for (const node of failed ? view.model.nodes : []) {
    const end = view.endOf(node);
    if (end === undefined || !view.isFatal(node, end)) continue;
    const filed = letters.some((letter) => letter.node === node.id && letter.gen === view.generation(node.id));
    if (!filed) report('I17', `${node.id} failed the execution and there is no dead letter for it`);
  }
  for (const { node, gen, status } of isTerminal(header.status) ? letters : []) {
    const known = view.model.byId.get(node);
    if (known !== undefined && status === 'open' && view.generation(node) > gen)
      report('I17', `the dead letter of ${node} in generation ${gen} is open although a redrive repeated it`);
  }
}

/** I10: nothing is left to be looked after. */
export function checkNothingDue(header: Header, report: Report): void {
  if (isTerminal(header.status) && header.check !== undefined)
    report('I10', `the execution has ended and the sweeper is still to look at it`);
}
