import type { Mutant } from './mutant.ts';

const engine = (file: string) => `shared/engine/${file}`;
const domain = (file: string) => `shared/domain/execution/${file}`;

/** Bugs in recovery, callbacks and redrives. */
export const WAYS_BACK: readonly Mutant[] = [
  {
    name: 'end-announced-only-at-once',
    bug: 'an end is announced by whoever wrote it, or by nobody',
    edits: [
      {
        file: engine('end-execution.ts'),
        find: '    ...(events !== undefined && { check: epochMs(now + CHECK_AFTER_MS) }),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'redrive-before-announcement',
    bug: 'a redrive forgets that the end before it is still to be announced',
    edits: [
      {
        file: engine('redrive.ts'),
        find: '  if (header.check !== undefined) {\n',
        replace: '  if (header.check === 0) {\n',
      },
    ],
  },
  {
    name: 'arrivals-not-repaired',
    bug: 'recovery forgets arrivals that were lost between a commit and their write',
    edits: [{ file: engine('recover.ts'), find: '  await repairArrivals(session, frontier, scope);\n', replace: '' }],
  },
  {
    name: 'groups-not-resent',
    bug: 'recovery does not see that a group was never taken',
    edits: [
      {
        file: engine('recover.ts'),
        find: "  return { kind: 'group', group: { node: parent.node, gen: parent.gen, group } };",
        replace: "  return { kind: 'nothing' };",
      },
    ],
  },
  {
    name: 'sweeper-trusts-the-index',
    bug: 'the sweeper acts on what an index said, not on what the header says',
    edits: [
      {
        file: engine('look.ts'),
        find: "  if (header?.check === undefined || (scope === 'due' && header.check > now)) return { sent: 0 };\n",
        replace: '  if (header === undefined) return { sent: 0 };\n',
      },
      {
        file: engine('look.ts'),
        find: '  if (isTerminal(header.status)) {\n    await announceEnd(deps, header);\n    return { sent: 0 };\n  }\n',
        replace: '',
      },
      {
        file: engine('check.ts'),
        find: "  if (header.status !== 'running' && header.status !== 'pending') return undefined;\n",
        replace: '',
      },
    ],
  },
  {
    name: 'sweeper-never-looks-again',
    bug: 'an execution is swept once and then forgotten',
    edits: [
      {
        file: engine('look.ts'),
        find: 'await moveCheck(session, nextCheck(deps, now, report));',
        replace: 'await moveCheck(session, header.deadline);',
      },
    ],
  },
  {
    name: 'second-callback-accepted',
    bug: 'another answer to the same question is taken for the one that was given',
    edits: [
      {
        file: engine('callback.ts'),
        find: 'if (record.callback === callback.digest) {',
        replace: 'if (record.callback !== undefined) {',
      },
    ],
  },
  {
    name: 'key-of-each-attempt',
    bug: 'the target gets another idempotency key with every attempt',
    edits: [
      {
        file: engine('attempt.ts'),
        find: 'idempotencyKey: idempotencyKey(session, claimed.node),',
        replace: 'idempotencyKey: `${idempotencyKey(session, claimed.node)}.${claimed.attempt}`,',
      },
    ],
  },
  {
    name: 'redrive-in-the-same-generation',
    bug: 'a redrive goes on under the keys of the run that ended',
    edits: [{ file: domain('redrive.ts'), find: '  const gen = ended.gen + 1;', replace: '  const gen = ended.gen;' }],
  },
  {
    name: 'redrive-tells-kept-nodes',
    bug: 'what runs again starts the kept nodes below it once more',
    edits: [
      {
        file: 'shared/domain/workflow/regenerate.ts',
        find: 'generation(to) < generation(from)',
        replace: 'generation(to) < 0',
      },
    ],
  },
  {
    name: 'units-across-generations',
    bug: 'a pure node that is computed again is looked for in the record of an effect that is kept',
    edits: [
      {
        file: 'shared/domain/workflow/regenerate.ts',
        find: 'unit !== undefined && generation(unit) === generation(node.index)',
        replace: 'unit !== undefined',
      },
    ],
  },
  {
    name: 'dead-letter-only-at-once',
    bug: 'a failure whose worker died before it filed the dead letter never gets one',
    edits: [
      {
        file: engine('finish.ts'),
        find: '  await ensureDeadLetters(session, failed);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'redrive-repeats-successes',
    bug: 'a plain redrive runs again what had succeeded',
    edits: [{ file: domain('redrive.ts'), find: '(!committed || runsRegardless)', replace: 'true' }],
  },
  {
    name: 'condition-takes-other-branch',
    bug: 'the error edge of a node that was caught is dead',
    edits: [
      {
        file: 'shared/domain/execution/settled.ts',
        find: "if (handling.kind === 'error') return selector.kind === 'error' ? 'live' : 'dead';",
        replace: "if (handling.kind === 'error') return 'dead';",
      },
    ],
  },
];
