import type { EvidenceBuilder } from './evidence-builder.ts';
import type { Evidence } from './evidence.ts';
import { BOOM, builder, line, single, type Forged } from './forged-runs.ts';

/** Callbacks, redrives, dead letters, announcements. */
export const FORGED_WAYS_BACK: readonly Forged[] = [
  ['I15: an accepted callback that was not kept', ['I15'], approval({ output: 1 }, 2)],
  ['I15: a callback that nobody sent', ['I15'], approval(undefined, 2)],
  [
    'I16: a success that a plain redrive repeats',
    ['I16'],
    line()
      .run('b')
      .end('succeeded', { succeeded: 2 })
      .redrive(['b'])
      .claim('b')
      .run('b')
      .end('succeeded', { succeeded: 2 })
      .evidence(),
  ],
  ['I17: a failure without a dead letter', ['I17'], failed().evidence({}, { letters: [] })],
  [
    'I17: a dead letter that is open although its node was repeated',
    ['I17'],
    failed()
      .redrive(['b'])
      .claim('b')
      .run('b')
      .end('succeeded', { succeeded: 2 })
      .evidence({}, { letters: lettersOf(failed()) }),
  ],
  [
    'I18: an end that nobody was told of',
    ['I18'],
    single().run('a').end('succeeded', { succeeded: 1 }).evidence({}, { announced: [] }),
  ],
  [
    'I18: an announcement of what did not happen',
    ['I18'],
    single()
      .run('a')
      .end('succeeded', { succeeded: 1 })
      .evidence(
        {},
        {
          announced: [
            { generation: 1, status: 'succeeded' },
            { generation: 1, status: 'failed' },
          ],
        },
      ),
  ],
];

function failed(): EvidenceBuilder {
  const error = { ...BOOM, node: 'b' };
  return line().run('b', { error: BOOM }).end('failed', { succeeded: 1, failed: 1 }, { reason: 'node_failed', error });
}

function lettersOf(run: EvidenceBuilder) {
  return run.evidence().executions.flatMap(({ letters }) => letters ?? []);
}

function approval(sent: { output: number } | undefined, kept: number): Evidence {
  const run = builder({ a: { type: 'approval' } })
    .start('a')
    .waits('a')
    .commit('a', { output: kept, callback: 'd' });
  if (sent !== undefined) run.callback({ node: 'a', gen: 1, sent, answer: 'accepted' });
  return run.end('succeeded', { succeeded: 1 }).evidence();
}
