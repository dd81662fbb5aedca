import { describe, expect, test } from 'vitest';
import { computeFrontier, recordFinder } from '../../../shared/domain/execution/frontier.ts';
import { runOf } from '../../../shared/domain/execution/generation.ts';
import type { NodeRecord, SettledRecord } from '../../../shared/domain/execution/records.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import { compile } from '../../support/engine-harness.ts';

//   a → p → b        p rides in a's record
const plan = compile({
  a: { type: 'task' },
  p: { type: 'pass', needs: ['a'] },
  b: { type: 'task', needs: ['p'] },
});
const at = epochMs(1);
const base = { attempt: 1, fence: 1, crashes: 0, startedAt: at, attempts: [], op: 'op' };
const settled = (node: string, gen: number, pure: SettledRecord['pure'] = {}): SettledRecord => ({
  ...base,
  node,
  gen,
  status: 'succeeded',
  endedAt: at,
  output: gen,
  pure,
  inline: [],
  groups: [],
  lease: { until: at, since: at, by: 'm' },
});
const running: NodeRecord = { ...base, node: 'b', gen: 1, status: 'running', lease: { until: at, since: at, by: 'm' } };
const kept = { p: { status: 'succeeded' as const, output: 'kept' } };
const first = [settled('$start', 1), settled('a', 1, kept), running];

describe('the record with a node’s result', () => {
  test('is its own, of its generation', () => {
    const recordOf = recordFinder([...first, settled('a', 2)], () => 1, false);
    const [, a, p] = plan.nodes;
    expect(recordOf(a!)).toBe(first[1]);
    expect(recordOf(p!)).toBeUndefined();
  });

  test('is, after a redrive, whichever a pure node ran in', () => {
    const recordOf = recordFinder(first, () => 1, true);
    expect(recordOf(plan.nodes[2]!)).toBe(first[1]);
  });

  test('keeps the result although its unit runs again, or it would ride elsewhere', () => {
    const repair = { generations: [{ number: 2, nodes: [1] }], keys: [] };
    const run = runOf(plan, { gen: 2, repair });
    const recordOf = recordFinder(first, ({ index }) => run.generation(index), true);
    const { standings } = computeFrontier(run.plan, recordOf);
    expect(standings.map((standing) => standing.at)).toEqual(['settled', 'ready', 'settled', 'open', 'undecided']);
    // As a member of a's unit, as another version may have it.
    const member = computeFrontier(plan, (node) => (node.id === 'p' ? first[1] : undefined));
    expect(member.standings[2]).toMatchObject({ at: 'settled', settled: { output: 'kept' } });
  });
});
