import type { Lease, NodeRecord, OpenRecord, SettledRecord } from '../../../shared/domain/execution/records.ts';
import { failure } from '../../../shared/domain/failure.ts';
import { epochMs } from '../../../shared/domain/time.ts';

export const NOW = epochMs(1_000_000);
export const LEASE: Lease = { until: epochMs(2_000_000), since: NOW, by: 'm1' };
export const BOOM = failure('boom', 'target', 'it went wrong');

const base = (node: string) => ({
  node,
  gen: 1,
  attempt: 1,
  fence: 1,
  crashes: 0,
  op: `op-${node}`,
  startedAt: NOW,
  attempts: [],
});

export function settled(node: string, more: Partial<SettledRecord> = {}): SettledRecord {
  return {
    ...base(node),
    status: 'succeeded',
    endedAt: NOW,
    pure: {},
    inline: [],
    groups: [],
    lease: { ...LEASE, until: NOW },
    ...more,
  };
}

export function failed(node: string, more: Partial<SettledRecord> = {}): SettledRecord {
  return settled(node, { status: 'failed', error: BOOM, ...more });
}

export function running(node: string): OpenRecord {
  return { ...base(node), status: 'running', lease: LEASE };
}

export function retrying(node: string): OpenRecord {
  return { ...base(node), status: 'retrying', due: epochMs(3_000_000) };
}

export function waiting(node: string): OpenRecord {
  return { ...base(node), status: 'waiting', wait: { for: 'timer', onDue: { output: 1 } } };
}

/** Finds records as `computeFrontier` asks for them. */
export function lookup(...records: readonly NodeRecord[]): (node: { readonly id: string }) => NodeRecord | undefined {
  return ({ id }) => records.find((record) => record.node === id);
}
