import { failure } from '../../../shared/domain/failure.ts';
import { EvidenceBuilder } from './evidence-builder.ts';
import type { Evidence } from './evidence.ts';

/**
 *    a ─▶ b ─▶ join        Each forged run breaks one invariant and, where that is possible, no other one.
 *     └─▶ c ─┘
 */
export const DIAMOND = {
  a: { type: 'task' },
  b: { type: 'task', needs: ['a'] },
  c: { type: 'task', needs: ['a'] },
  join: { type: 'task', needs: ['b', 'c'] },
};
export const DIAMOND_ENDS = { succeeded: 4 };
export const LINE = { a: { type: 'task' }, b: { type: 'task', needs: ['a'] } };
export const BOOM = failure('boom', 'target', 'it failed');

export const builder = (nodes: ConstructorParameters<typeof EvidenceBuilder>[0]) => new EvidenceBuilder(nodes);

/** As far as both branches of the diamond. */
const branches = () =>
  builder(DIAMOND)
    .start('a')
    .run('a', { inline: ['b', 'c'] })
    .run('b')
    .run('c');
export const diamond = () => branches().claim('join').run('join');
export const line = () =>
  builder(LINE)
    .start('a')
    .run('a', { inline: ['b'] });
export const single = (node: ConstructorParameters<typeof EvidenceBuilder>[0][string] = { type: 'task' }) =>
  builder({ a: node }).start('a');

/** What is wrong with it, which invariants that breaks, and the evidence. */
export type Forged = readonly [string, readonly string[], Evidence];

export const FORGED: readonly Forged[] = [
  [
    'I1: an accepted start that is nowhere',
    ['I1'],
    { ...line().evidence({ effects: [] }, { header: undefined, changes: [], nodes: [] }) },
  ],
  ['I1: an execution that never ended', ['I1'], diamond().evidence()],
  ['I1: an end before a node has run', ['I1'], line().end('succeeded', { succeeded: 1, cancelled: 1 }).evidence()],
  [
    'I1: a commit after the end',
    ['I1'],
    line().stop().end('cancelled', { succeeded: 1, cancelled: 1 }).commit('b', { status: 'cancelled' }).evidence(),
  ],
  ['I2: a second commit, even of the same', ['I2'], diamond().commit('join').end('succeeded', DIAMOND_ENDS).evidence()],
  [
    'I3: a settled node that runs again',
    ['I2', 'I3'],
    line().claim('a', { fence: 2 }).commit('a').run('b').end('succeeded', { succeeded: 2 }).evidence(),
  ],
  [
    'I3: an end that is taken back, of which the world was told',
    ['I18', 'I3'],
    line().run('b').end('failed', { succeeded: 2 }).end('succeeded', { succeeded: 2 }).evidence(),
  ],
  [
    'I3: a stop that is taken back',
    ['I3'],
    line()
      .stop()
      .header({ stop: undefined as never })
      .run('b')
      .end('succeeded', { succeeded: 2 })
      .evidence(),
  ],
  [
    'I3: a fence that falls',
    ['I3'],
    single()
      .claim('a', { fence: 2 })
      .effect('a')
      .commit('a', { fence: 1 })
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I3: two claims under one fence',
    ['I3'],
    single()
      .claim('a')
      .waste(60_000)
      .claim('a', { fence: 1, by: 'm2' })
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I4: a second commit of something else',
    ['I2', 'I4'],
    diamond().commit('join', { output: 2 }).end('succeeded', DIAMOND_ENDS).evidence(),
  ],
  [
    'I4: an output that is not what the attempt produced',
    ['I4'],
    single().effect('a', { output: 1 }).commit('a', { output: 2 }).end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I4: a success that nobody saw at the target',
    ['I4'],
    single().commit('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    "I4: an execution's output that changes",
    ['I4'],
    diamond()
      .end('succeeded', DIAMOND_ENDS, { output: { at: 'record', value: 1 } })
      .header({ output: { at: 'record', value: 2 } })
      .evidence(),
  ],
  [
    'I5: a join that begins before its edges have settled',
    ['I5'],
    builder(DIAMOND)
      .start('a')
      .run('a', { inline: ['b', 'c'] })
      .run('b')
      .claim('join')
      .effect('join')
      .run('c')
      .commit('join')
      .end('succeeded', DIAMOND_ENDS)
      .evidence(),
  ],
  ['I5: two results of a pure node', ['I5'], twoResults()],
  [
    'I6: an effect before its source has ended',
    ['I6', 'I8'],
    builder(LINE)
      .start('a')
      .effect('b')
      .run('a', { inline: ['b'] })
      .commit('b')
      .end('succeeded', { succeeded: 2 })
      .evidence(),
  ],
  [
    'I6: a node that runs although its source failed',
    ['I6'],
    builder(LINE)
      .start('a')
      .run('a', { error: BOOM, inline: ['b'] })
      .run('b')
      .end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error: { ...BOOM, node: 'a' } })
      .evidence(),
  ],
  [
    'I6: an execution that succeeds although a node failed',
    ['I6'],
    single().run('a', { error: BOOM }).end('succeeded', { failed: 1 }).evidence(),
  ],
  [
    'I6: an execution that fails although the failure was caught',
    ['I6'],
    builder({ a: { type: 'task' }, b: { type: 'task', needs: ['a.error'] } })
      .start('a')
      .run('a', { error: BOOM, inline: ['b'] })
      .run('b')
      .end('failed', { succeeded: 1, failed: 1 })
      .evidence(),
  ],
  [
    'I6: a node that runs although its `if` is false',
    ['I6'],
    builder({ a: { type: 'task', if: '{{ false }}' } })
      .header({})
      .commit('$start', { pure: { 'a?': { status: 'succeeded', open: false } }, inline: ['a'] })
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I6: an input that is not what was committed',
    ['I6'],
    builder({ a: { type: 'task' }, b: { type: 'task', needs: ['a'], with: { x: ['{{ nodes.a.output.x }}'] } } })
      .start('a')
      .run('a', { output: { x: 1 }, inline: ['b'] })
      .effect('b', { input: { x: [2] } })
      .commit('b')
      .end('succeeded', { succeeded: 2 })
      .evidence(),
  ],
  [
    'I6: a node cancelled although nobody stopped anything',
    ['I6'],
    single().commit('a', { status: 'cancelled' }).end('succeeded', { cancelled: 1 }).evidence(),
  ],
  [
    'I7: an attempt too many',
    ['I7'],
    single({ type: 'task', retry: { attempts: 1 } })
      .effect('a')
      .retry('a', { attempt: 2 })
      .claim('a', { attempt: 2, fence: 2 })
      .effect('a', { attempt: 2 })
      .commit('a', { attempt: 2 })
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I7: an effect twice without any fault',
    ['I7'],
    single().effect('a').effect('a').commit('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I7: an effect twice beside a fault that was over',
    ['I7'],
    single().fault('crash').effect('a').effect('a').commit('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I7: an effect twice by a duplicate message',
    ['I7'],
    single().effect('a').fault('duplicate').effect('a').commit('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I7: an attempt under the permission of another',
    ['I7'],
    single()
      .claim('a')
      .effect('a', { attempt: 2 })
      .effect('a', { attempt: 1 })
      .commit('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I8: a claim while another one is live',
    ['I8'],
    single().claim('a').claim('a', { fence: 2, by: 'm2' }).run('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I8: a claim of what somebody else may start',
    ['I8'],
    single().claim('a', { by: 'm2' }).run('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I8: a claim of what a group may still run',
    ['I8'],
    builder({ a: { type: 'task' } })
      .header({})
      .commit('$start', { groups: [['a']] })
      .claim('a', { by: 'm2' })
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I8: an effect after the end of its lease',
    ['I8'],
    single().waste(90_000).run('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
  [
    'I8: an effect without any permission',
    ['I8'],
    builder({ a: { type: 'task' } })
      .start()
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I8: two effects of a node at once',
    ['I8'],
    single()
      .effect('a', { endedAt: 9_999 })
      .fault('crash')
      .effect('a')
      .commit('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I9: an effect under a claim after the stop',
    ['I9'],
    builder(LINE)
      .start('a')
      .run('a')
      .stop()
      .claim('b')
      .run('b')
      .end('cancelled', { succeeded: 2 }, { reason: 'cancelled' })
      .evidence(),
  ],
  [
    'I9: an inline start of a commit after the stop',
    ['I9'],
    builder(LINE)
      .start('a')
      .effect('a')
      .stop()
      .commit('a', { inline: ['b'] })
      .run('b')
      .end('cancelled', { succeeded: 2 }, { reason: 'cancelled' })
      .evidence(),
  ],
  ['I10: a message that is left', ['I10'], diamond().end('succeeded', DIAMOND_ENDS).evidence({ messagesLeft: 1 })],
  ['I10: a record that is left open', ['I1', 'I10'], single().claim('a').end('succeeded', { cancelled: 1 }).evidence()],
  [
    'I10: an effect after the end',
    ['I10', 'I8'],
    single().run('a').end('succeeded', { succeeded: 1 }).effect('a', { attempt: 2 }).evidence(),
  ],
  ['I11: a wrong count', ['I11'], diamond().end('succeeded', { succeeded: 3, skipped: 1 }).evidence()],
  [
    'I11: no count',
    ['I11'],
    single()
      .run('a')
      .header({ status: 'succeeded' })
      .evidence({}, { announced: [{ generation: 1, status: 'succeeded' }] }),
  ],
  [
    "I12: somebody else's workspace",
    ['I12'],
    diamond()
      .end('succeeded', DIAMOND_ENDS)
      .evidence({ workspacesTouched: new Set(['ws#X#ex', 'other#X#ex']) }),
  ],
  [
    'I13: an at-most-once node that ran twice',
    ['I13'],
    single({ type: 'task', delivery: 'at-most-once' })
      .claim('a')
      .effect('a')
      .fault('crash')
      .waste(60_000)
      .claim('a', { fence: 2, crashes: 1 })
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I14: a key for each attempt',
    ['I14'],
    single()
      .effect('a')
      .retry('a', { attempt: 2 })
      .claim('a', { attempt: 2, fence: 2 })
      .effect('a', { attempt: 2, key: 'ex:a:2' })
      .commit('a', { attempt: 2 })
      .end('succeeded', { succeeded: 1 })
      .evidence(),
  ],
  [
    'I14: a key of another node',
    ['I14'],
    single().effect('a', { key: 'ex:b:1' }).commit('a').end('succeeded', { succeeded: 1 }).evidence(),
  ],
];

/** A pure node below two effects that lies in the records of both. */
function twoResults(): Evidence {
  const pure = { p: { status: 'succeeded' as const, output: 1 } };
  return builder({ a: { type: 'task' }, b: { type: 'task' }, p: { type: 'pass', needs: ['a', 'b'], join: 'first' } })
    .start('a', 'b')
    .run('a', { pure })
    .run('b', { pure })
    .end('succeeded', { succeeded: 3 })
    .evidence();
}
