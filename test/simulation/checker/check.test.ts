import { describe, expect, test } from 'vitest';
import { check, INVARIANTS, judge } from './check.ts';
import type { EvidenceBuilder } from './evidence-builder.ts';
import type { Evidence } from './evidence.ts';
import { BOOM, builder, diamond, DIAMOND, DIAMOND_ENDS, FORGED, line, LINE, single } from './forged-runs.ts';
import { FORGED_WAYS_BACK } from './forged-ways-back.ts';

const found = (evidence: Evidence) => [...new Set(check(evidence).map(({ invariant }) => invariant))].sort();

describe('a run without fault is clean', () => {
  test.each<[string, EvidenceBuilder]>([
    ['a diamond', diamond().end('succeeded', DIAMOND_ENDS)],
    [
      'a failure that is not caught',
      line()
        .run('b', { error: BOOM })
        .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'b' } }),
    ],
    [
      'a retry after which it succeeds',
      single()
        .effect('a')
        .retry('a', { attempt: 2 })
        .claim('a', { attempt: 2, fence: 2 })
        .effect('a', { attempt: 2 })
        .commit('a', { attempt: 2 })
        .end('succeeded', { succeeded: 1 }),
    ],
    [
      'a group',
      builder(DIAMOND)
        .start('a')
        .run('a', { groups: [['b', 'c']] })
        .take('a', 0)
        .run('b')
        .run('c')
        .claim('join')
        .run('join')
        .end('succeeded', DIAMOND_ENDS),
    ],
    [
      'a stop',
      line()
        .stop()
        .commit('b', { status: 'cancelled' })
        .end('cancelled', { succeeded: 1, cancelled: 1 }, { reason: 'cancelled' }),
    ],
    [
      'a worker that died under an effect',
      single()
        .claim('a')
        .effect('a')
        .fault('crash')
        .waste(60_000)
        .claim('a', { fence: 2, crashes: 1 })
        .run('a')
        .end('succeeded', { succeeded: 1 }),
    ],
  ])('%s', (_, run) => {
    expect(judge(run.evidence())).toEqual({ violations: [], judged: INVARIANTS.map(({ id }) => id) });
  });
});

const ALL_FORGED = [...FORGED, ...FORGED_WAYS_BACK];

describe('the checker finds', () => {
  test.each(ALL_FORGED)('%s', (_, invariants, evidence) => {
    expect(found(evidence)).toEqual(invariants);
  });

  test('a forged run of each invariant', () => {
    const forged = new Set(ALL_FORGED.flatMap(([, invariants]) => invariants));
    expect(INVARIANTS.map(({ id }) => id).filter((id) => !forged.has(id))).toEqual([]);
  });
});

/** b failed, and was repeated in a second generation. */
const redriven = () =>
  line()
    .run('b', { error: BOOM })
    .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'b' } })
    .redrive(['b'])
    .claim('b');

describe('after a redrive', () => {
  test('only the generations that count are judged', () => {
    expect(found(redriven().run('b').end('succeeded', { succeeded: 2 }).evidence())).toEqual([]);
  });

  test('a late commit of the generation before is found', () => {
    expect(
      found(redriven().effect('b').commit('b', { gen: 1 }).commit('b').end('succeeded', { succeeded: 2 }).evidence()),
    ).toEqual(['I16', 'I2', 'I4']);
  });

  test('a node that was to be repeated and was not is found', () => {
    const forgotten = line()
      .run('b', { error: BOOM })
      .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'b' } })
      .redrive(['b'])
      .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'b' } });
    expect(found(forgotten.evidence())).toEqual(['I1', 'I11', 'I6']);
  });

  test('a key that falls is found', () => {
    const run = line()
      .effect('b', { key: 'ex:b:2' })
      .commit('b', { error: BOOM })
      .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'b' } })
      .redrive(['b'])
      .claim('b')
      .run('b')
      .end('succeeded', { succeeded: 2 });
    expect(found(run.evidence())).toEqual(['I14']);
  });

  test('a run that goes on without a new generation is found', () => {
    expect(
      found(line().run('b').end('succeeded', { succeeded: 2 }).header({ status: 'running' }).evidence()),
    ).toContain('I3');
  });

  test('an at-most-once node may run once in each', () => {
    const run = single({ type: 'task', delivery: 'at-most-once' })
      .claim('a')
      .run('a', { error: BOOM })
      .end('failed', { failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'a' } })
      .redrive(['a'])
      .claim('a')
      .run('a')
      .end('succeeded', { succeeded: 1 });
    expect(found(run.evidence())).toEqual([]);
  });
});

describe('with final records and the ledger alone', () => {
  const bare = (run: EvidenceBuilder): Evidence => {
    const watched = run.evidence();
    const executions = watched.executions.map(
      ({ changes: _log, planIds: _ids, callbacks: _callbacks, letters: _letters, ...execution }) => execution,
    );
    const effects = watched.effects.map(({ afterChange: _after, ...effect }) => effect);
    const { workspacesTouched: _touched, ...rest } = watched;
    return { ...rest, executions, effects };
  };

  test('it says what it could not judge', () => {
    const { violations, judged } = judge(bare(diamond().end('succeeded', DIAMOND_ENDS)));
    expect(violations).toEqual([]);
    expect(judged).toEqual(['I1', 'I4', 'I5', 'I6', 'I7', 'I8', 'I10', 'I11', 'I13', 'I14', 'I16', 'I18']);
  });

  test.each<[string, string[], EvidenceBuilder]>([
    ['an execution that never ended', ['I1'], diamond()],
    ['a node that did not run', ['I1'], line().end('succeeded', { succeeded: 1, cancelled: 1 })],
    [
      'a node that ran and ought not to',
      ['I6'],
      line().run('b', { error: BOOM }).end('succeeded', { succeeded: 1, failed: 1 }),
    ],
    [
      'an effect of a node that was skipped',
      ['I6'],
      builder(LINE)
        .start('a')
        .run('a', { error: BOOM })
        .effect('b')
        .end('failed', { failed: 1, skipped: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'a' } }),
    ],
    [
      'an effect before its source had ended',
      ['I6'],
      builder(LINE).start('a').effect('b').run('a').commit('b').end('succeeded', { succeeded: 2 }),
    ],
    ['an effect twice', ['I7'], single().effect('a').effect('a').commit('a').end('succeeded', { succeeded: 1 })],
    ['a wrong count', ['I11'], diamond().end('succeeded', { succeeded: 3, skipped: 1 })],
  ])('it finds %s', (_, invariants, run) => {
    expect(found(bare(run))).toEqual(invariants);
  });

  test('clocks that differ excuse what is judged by clocks, and nothing else', () => {
    const late = single().waste(90_000).run('a').end('succeeded', { succeeded: 1 });
    expect(found(late.evidence({ skewed: true }))).toEqual([]);
    const twice = diamond().commit('join').end('succeeded', DIAMOND_ENDS);
    expect(found(twice.evidence({ skewed: true }))).toEqual(['I2']);
  });
});
