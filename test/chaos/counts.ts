import { isSettledRecord, isTerminal, type Header } from '../../shared/domain/execution/records.ts';
import { isJsonObject, type Json } from '../../shared/domain/json.ts';
import type { Change, ExecutionEvidence } from '../simulation/checker/evidence.ts';
import type { Started } from './clients.ts';
import type { LedgerEntry } from './effect-ledger.ts';

/** Something that must not be, in a sentence. */
export interface Finding {
  readonly execution: string;
  readonly message: string;
}

/** Accepted starts that left nothing behind, or did not end. */
export function lostStarts(executions: readonly ExecutionEvidence[]): readonly Finding[] {
  return executions.flatMap(({ key: { execution }, accepted, header }) => {
    if (!accepted) return [];
    if (header === undefined) return [{ execution, message: 'was accepted and left nothing behind' }];
    return isTerminal(header.status) ? [] : [{ execution, message: `was accepted and is ${header.status} at rest` }];
  });
}

/**
 * What was done twice: a start with one Idempotency-Key; a node settled by two writes; an end written over another; an
 * effect committed by two nodes, or a commit that no effect stands for.
 */
export function doubled(
  executions: readonly ExecutionEvidence[],
  started: readonly Started[],
  effects: readonly LedgerEntry[],
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { id, ids } of started)
    if (ids.size > 1) findings.push({ execution: id, message: `one key started ${[...ids].join(', ')}` });
  for (const { key, accepted } of executions)
    if (!accepted) findings.push({ execution: key.execution, message: 'exists and nobody was told of it' });
  for (const { key, changes = [] } of executions) {
    for (const message of twiceWritten(changes)) findings.push({ execution: key.execution, message });
  }
  return [...findings, ...wrongCommits(executions, effects)];
}

function twiceWritten(changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    if (change.kind === 'node' && change.before !== undefined && isSettledRecord(change.before))
      return change.before.op === change.after.op ? [] : [`${change.after.node} was settled, and written again`];
    if (change.kind === 'header' && change.before !== undefined && isSecondEnd(change.before, change.after))
      return [`ended as ${change.before.status} and then as ${change.after.status}`];
    return [];
  });
}

function isSecondEnd(before: Header, after: Header): boolean {
  return isTerminal(before.status) && before.gen === after.gen && before.status !== after.status;
}

/** Each success quotes the number of the call that it was; no call is quoted twice. */
function wrongCommits(executions: readonly ExecutionEvidence[], effects: readonly LedgerEntry[]): readonly Finding[] {
  const quoted = new Set<number>();
  const findings: Finding[] = [];
  for (const { key, nodes } of executions) {
    for (const record of nodes) {
      const nth = record.status === 'succeeded' ? quotedIn(record.output) : undefined;
      if (nth === undefined) continue;
      const effect = effects[nth - 1];
      const isOwn = effect?.execution === key.execution && effect.node === record.node && effect.gen === record.gen;
      if (!isOwn)
        findings.push({ execution: key.execution, message: `${record.node} committed another's call ${nth}` });
      if (quoted.has(nth)) findings.push({ execution: key.execution, message: `call ${nth} was committed twice` });
      quoted.add(nth);
    }
  }
  return findings;
}

function quotedIn(output: Json | undefined): number | undefined {
  if (!isJsonObject(output) || !isJsonObject(output['body'])) return undefined;
  const { nth } = output['body'];
  return typeof nth === 'number' ? nth : undefined;
}
