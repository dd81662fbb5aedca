import type { Mutant } from './mutant.ts';

const engine = (file: string) => `shared/engine/${file}`;
const domain = (file: string) => `shared/domain/execution/${file}`;

/** Bugs in who may start what, and in when something has ended. */
export const PERMISSIONS_AND_ENDS: readonly Mutant[] = [
  {
    name: 'live-lease-ignored',
    bug: 'a node is claimed while another worker runs it',
    edits: [
      {
        file: engine('claim.ts'),
        find: '      if (isLive(record.lease, now, leaseEpoch)) {\n',
        replace: '      if (false) {\n',
      },
    ],
  },
  {
    name: 'cover-ignored',
    bug: 'a child is claimed although its parent’s worker may start it',
    edits: [
      {
        file: engine('claim.ts'),
        find: '  if (await isCovered(session, node)) return DONE;\n',
        replace: '',
      },
      {
        file: engine('recover.ts'),
        find: '  if (parent.inline.includes(node.index)) return leaveOrNow(session, parent.lease, now);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'started-after-lease',
    bug: 'a worker that woke up after its lease starts the node all the same',
    edits: [
      {
        file: engine('run-node.ts'),
        find: '  if (attemptStart >= claimed.lease.until) return later();',
        replace: '',
      },
      {
        file: engine('attempt.ts'),
        find: "  if (started + limit.ms > claimed.lease.until) return { kind: 'late' };",
        replace: '',
      },
      {
        file: engine('drive.ts'),
        find: '  if (!fits(now, node.attemptTimeoutMs, until)) return runClaimed(session, await claimCovered(session, node));',
        replace: '',
      },
    ],
  },
  {
    name: 'at-most-once-repeated',
    bug: 'an interrupted at-most-once node runs again',
    edits: [
      {
        file: engine('claim.ts'),
        find: 'if (node.atMostOnce || crashes >= CRASHES_MAX)',
        replace: 'if (crashes >= CRASHES_MAX)',
      },
    ],
  },
  {
    name: 'at-most-once-covered',
    bug: 'an at-most-once node starts without a record that it did',
    edits: [{ file: engine('settle.ts'), find: '!child.atMostOnce && ', replace: '' }],
  },
  {
    name: 'poison-never-charged',
    bug: 'a node that kills its workers is tried for ever',
    edits: [
      {
        file: engine('claim.ts'),
        find: 'const crashes = record.crashes + (record.lease.until <= now ? 1 : 0);',
        replace: 'const crashes = record.crashes;',
      },
    ],
  },
  {
    name: 'retry-off-by-one',
    bug: 'one attempt more than the policy allows',
    edits: [
      { file: domain('after-failure.ts'), find: 'attempt >= policy.attempts', replace: 'attempt > policy.attempts' },
    ],
  },
  {
    name: 'join-fires-at-first-edge',
    bug: 'a join runs when one of its edges has arrived',
    edits: [
      {
        file: 'shared/domain/execution/settled.ts',
        find: "if (join === 'first' && edges.live) return 'run';",
        replace: "if (edges.live) return 'run';",
      },
    ],
  },
  {
    name: 'skip-not-followed',
    bug: 'a join that is left out tells nobody',
    edits: [
      {
        file: engine('arrive.ts'),
        find: "  else if (decision === 'skip' || decision === 'blocked') session.push({ kind: 'skip', node: join });\n",
        replace: '',
      },
    ],
  },
  {
    name: 'finished-too-early',
    bug: 'the last arrival ends the execution although `first` has left somebody running',
    edits: [
      {
        file: engine('finish.ts'),
        find: 'return frontier.allSettled ? frontier : undefined;',
        replace: 'return frontier;',
      },
      {
        file: 'shared/domain/workflow/compile-plan.ts',
        find: "    for (const drain of drains) this.#connect(drain, end, { kind: 'drain' });\n",
        replace: '',
      },
    ],
  },
  {
    name: 'stragglers-forgotten',
    bug: 'nobody waits for the losers of `first`, and nobody ends the execution after them',
    edits: [
      {
        file: engine('arrive.ts'),
        find: "  if (edges.complete && join.join === 'first') drain(session, join);\n",
        replace: '',
      },
    ],
  },
  {
    name: 'failure-forgotten',
    bug: 'an execution with an uncaught failure succeeds',
    edits: [
      {
        file: engine('finish.ts'),
        find: '  if (failed !== undefined) {\n',
        replace: '  if (failed === undefined && false) {\n',
      },
    ],
  },
  {
    name: 'cancel-ignored',
    bug: 'a worker goes on starting nodes although it saw the stop',
    edits: [
      {
        file: engine('session.ts'),
        find: 'return this.isRunning && this.#header.stop === undefined;',
        replace: 'return this.isRunning;',
      },
      {
        file: engine('session.ts'),
        find: 'if (header.stop !== undefined || this.superseded) this.stopped.abort();',
        replace: '',
      },
    ],
  },
  {
    name: 'stop-not-looked-for',
    bug: 'a commit does not look whether the execution was stopped',
    edits: [
      {
        file: engine('settle.ts'),
        find: 'const write = await store.writeNode(session.key, record, expected, alongside);',
        replace: 'const write = await store.writeNode(session.key, record, expected);',
      },
    ],
  },
  {
    name: 'closing-does-not-wait',
    bug: 'a cancelled execution ends while a node runs',
    edits: [
      {
        file: engine('close.ts'),
        find: 'if (busyUntil !== undefined) waitUntil',
        replace: 'if (busyUntil === 0) waitUntil',
      },
    ],
  },
  {
    name: 'closing-does-not-fence',
    bug: 'a cancelled execution ends and its ready nodes may still be started',
    edits: [{ file: engine('close.ts'), find: '    if (frontier.active.length > 0) continue;\n', replace: '' }],
  },
];
