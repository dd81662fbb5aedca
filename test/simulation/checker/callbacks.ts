import { isDeepStrictEqual } from 'node:util';
import { isSettledRecord, type NodeRecord } from '../../../shared/domain/execution/records.ts';
import type { CallbackEvidence, ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';

/** I15: who was told that his callback was accepted finds it in the record, and nobody else's. */
export function checkCallbacks({ nodes, callbacks = [] }: ExecutionEvidence, report: Report): void {
  const recordOf = ({ node, gen }: CallbackEvidence) =>
    nodes.find((record) => record.node === node && record.gen === gen);
  for (const callback of callbacks) {
    if (callback.answer !== 'accepted') continue;
    if (!holds(recordOf(callback), callback))
      report('I15', `${callback.node} does not hold the callback that was accepted`);
  }
  for (const record of nodes) {
    if (!isSettledRecord(record) || record.callback === undefined) continue;
    const sent = callbacks.filter(
      (callback) => callback.answer !== 'refused' && callback.node === record.node && callback.gen === record.gen,
    );
    if (!sent.some((callback) => holds(record, callback)))
      report('I15', `${record.node} holds a callback that nobody sent, or that was refused`);
  }
}

/** Contract §2, `approval`: what was sent is the output; an error fails the node as `callback_failed`. */
function holds(record: NodeRecord | undefined, { sent }: CallbackEvidence): boolean {
  if (record === undefined || !isSettledRecord(record) || record.callback === undefined) return false;
  if ('output' in sent) return record.status === 'succeeded' && isDeepStrictEqual(record.output, sent.output);
  return (
    record.status === 'failed' &&
    record.error?.code === 'callback_failed' &&
    record.error.message === sent.error.message
  );
}
