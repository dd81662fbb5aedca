import { describe, expect, test } from 'vitest';
import { computeFrontier } from '../../../shared/domain/execution/frontier.ts';
import { countProgress, NO_PROGRESS, nodeStatus, type View } from '../../../shared/domain/execution/progress.ts';
import type { NodeRecord } from '../../../shared/domain/execution/records.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import { nodeAt } from '../../../shared/domain/workflow/plan.ts';
import { compile } from '../../support/engine-harness.ts';
import { failed, LEASE, lookup, NOW, retrying, running, settled, waiting } from './records.ts';

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const plan = compile({
  a: task(),
  b: task('a'),
  c: { ...task('a'), if: '{{ input.x }}' },
  d: task('b', 'c'),
  e: { ...task('a', 'b'), if: '{{ input.x }}' },
});
const VIEW: View = { now: NOW, leaseEpoch: epochMs(0), terminal: false };
const START = settled('$start');
const index = (id: string) => plan.indexOf.get(id)!;

function statuses(records: NodeRecord[], view: View = VIEW): Record<string, string> {
  const { standings } = computeFrontier(plan, lookup(...records));
  return Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((id) => [id, nodeStatus(plan, standings, nodeAt(plan, index(id)), view)]),
  );
}

describe('a node is shown as', () => {
  test('pending, queued, running, waiting, retrying, or as it ended', () => {
    expect(statuses([])).toEqual({ a: 'pending', b: 'pending', c: 'pending', d: 'pending', e: 'pending' });
    expect(statuses([START])).toMatchObject({ a: 'queued', b: 'pending' });
    expect(statuses([START, running('a')])).toMatchObject({ a: 'running' });
    expect(statuses([START, retrying('a')])).toMatchObject({ a: 'retrying' });
    expect(statuses([START, waiting('a')])).toMatchObject({ a: 'waiting' });
    expect(statuses([START, failed('a')])).toEqual({
      a: 'failed',
      b: 'skipped',
      c: 'skipped',
      d: 'skipped',
      e: 'skipped',
    });
  });

  test('running while its parent’s worker, who runs it without a record, has a lease', () => {
    const a = (lease: typeof LEASE, inline: number[]) =>
      settled('a', { lease, inline, pure: { 'c?': { status: 'succeeded', open: true } } });
    expect(statuses([START, a(LEASE, [index('b'), index('c')])])).toMatchObject({ b: 'running', c: 'running' });
    expect(statuses([START, a(LEASE, [])])).toMatchObject({ b: 'queued', c: 'queued' });
    expect(statuses([START, a({ ...LEASE, until: NOW }, [index('b')])])).toMatchObject({ b: 'queued' });
    expect(statuses([START, a(LEASE, [index('b')])], { ...VIEW, leaseEpoch: epochMs(NOW + 1) })).toMatchObject({
      b: 'queued',
    });
  });

  test('queued behind a gate that waits for a worker itself', () => {
    expect(
      statuses([START, settled('a', { pure: { 'c?': { status: 'succeeded', open: true } } }), settled('b')]),
    ).toMatchObject({ e: 'queued' });
  });

  test('queued at the first live edge of a `first` join, whatever the others do', () => {
    const race = compile({ a: task(), b: task(), s: task('b'), f: { ...task('a', 's'), join: 'first' } });
    const f = nodeAt(race, race.indexOf.get('f')!);
    const status = (...records: NodeRecord[]) =>
      nodeStatus(race, computeFrontier(race, lookup(START, settled('a'), ...records)).standings, f, VIEW);
    expect(status(running('b'))).toBe('queued');
    expect(status(failed('b'))).toBe('queued');
  });

  test('cancelled if it never ended before its execution did', () => {
    const terminal = { ...VIEW, terminal: true };
    expect(statuses([START, running('a')], terminal)).toEqual({
      a: 'cancelled',
      b: 'cancelled',
      c: 'cancelled',
      d: 'cancelled',
      e: 'cancelled',
    });
    expect(statuses([START], terminal)).toMatchObject({ a: 'cancelled' });
  });

  test('pending or cancelled where nothing is known of it', () => {
    expect(nodeStatus(plan, [], nodeAt(plan, index('a')), VIEW)).toBe('pending');
    expect(nodeStatus(plan, [], nodeAt(plan, index('a')), { ...VIEW, terminal: true })).toBe('cancelled');
  });
});

test('progress counts the nodes of the definition, not virtual ones', () => {
  const { standings } = computeFrontier(plan, lookup(START, failed('a')));
  expect(countProgress(plan, standings, VIEW)).toEqual({ ...NO_PROGRESS, total: 5, failed: 1, skipped: 4 });
});
