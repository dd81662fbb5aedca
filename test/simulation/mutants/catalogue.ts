import type { Mutant } from './mutant.ts';

const STORE = 'shared/adapters/memory/execution-store.ts';
const HANDLER = 'lambdas/runtime/message-batch.ts';
const engine = (file: string) => `shared/engine/${file}`;
const domain = (file: string) => `shared/domain/execution/${file}`;

/** Bugs that orchestrators have had, or nearly: each must be found by the simulator. */
export const MUTANTS: readonly Mutant[] = [
  // Conditions of writes.
  {
    name: 'no-fence-check',
    bug: 'a commit holds although somebody else has claimed the node since',
    edits: [
      {
        file: STORE,
        find: 'existing?.status === expected.status && existing.fence === expected.fence;',
        replace: 'existing?.status === expected.status;',
      },
    ],
  },
  {
    name: 'no-absence-check',
    bug: 'a covered start commits over whatever is there',
    edits: [{ file: STORE, find: '? existing === undefined\n', replace: '? existing === undefined || true\n' }],
  },
  {
    name: 'own-write-taken-for-lost',
    bug: 'a condition that fails on our own earlier write counts as somebody else being first',
    edits: [
      {
        file: STORE,
        find: 'if (holds || existing?.op === record.op) return { written: true };',
        replace: 'if (holds) return { written: true };',
      },
    ],
  },
  {
    name: 'header-without-revision',
    bug: 'whoever writes the header last wins',
    edits: [{ file: STORE, find: 'if (current?.rev !== next.rev - 1) return current?.op === next.op;', replace: '' }],
  },
  {
    name: 'counter-instead-of-set',
    bug: 'a join counts arrivals; one that comes twice counts twice',
    edits: [
      {
        file: STORE,
        find: 'const all = new Set([...(arrivals.get(sort) ?? []), ...elements]);',
        replace:
          'const before = arrivals.get(sort) ?? new Set();\n    const all = new Set([...before, ...elements.map((element) => `0${before.size}${element}`)]);',
      },
    ],
  },
  {
    name: 'group-taken-twice',
    bug: 'two workers may take the same group of nodes',
    edits: [
      {
        file: STORE,
        find: 'if (existing !== undefined && existing.op !== group.op) {',
        replace: 'if (existing === undefined && existing !== undefined) {',
      },
    ],
  },
  // Messages.
  {
    name: 'ack-before-commit',
    bug: 'a message is deleted whatever became of it',
    edits: [
      {
        file: HANDLER,
        find: 'batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }]))',
        replace: 'batchItemFailures: []',
      },
    ],
  },
  {
    name: 'send-before-commit',
    bug: 'what follows leaves before the write that it follows from',
    edits: [
      {
        file: engine('settle.ts'),
        find: '  session.issued.add(record.op);\n  // The header is read',
        replace:
          '  await deliver(session, closure, share, lease.until);\n  session.issued.add(record.op);\n  // The header is read',
      },
    ],
  },
  {
    name: 'deliver-after-lost-commit',
    bug: 'a worker whose commit was refused goes on nevertheless',
    edits: [{ file: engine('settle.ts'), find: '  if (!write.written) return false;\n', replace: '' }],
  },
  {
    name: 'no-message-for-groups',
    bug: 'children that do not fit here are never sent',
    edits: [
      {
        file: engine('settle.ts'),
        find: '  if (messages.length > 0) await session.deps.queue.send(messages);',
        replace: '',
      },
    ],
  },
  {
    name: 'no-wake-up',
    bug: 'a node that waits is never woken up',
    edits: [
      { file: engine('run-node.ts'), find: '  if (!write.written || due === undefined) return;', replace: '  return;' },
    ],
  },
  {
    name: 'done-before-branches-end',
    bug: 'an invocation ends when its first branch has ended',
    edits: [
      {
        file: engine('drive.ts'),
        find: '    await Promise.race(running);\n',
        replace: '    await Promise.race(running);\n    return { lostClaims };\n',
      },
    ],
  },
  // Permissions.
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
    edits: [{ file: engine('claim.ts'), find: '  if (await isCovered(session, node)) return DONE;\n', replace: '' }],
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
  // Joins and ends.
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
  // Stops.
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
        find: 'const write = await store.writeNode(session.key, record, expected, () => session.refreshHeader());',
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
  // Ways back.
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
        find: "  if (header.check === undefined || (scope === 'due' && header.check > now)) return 0;\n",
        replace: '',
      },
      {
        file: engine('check.ts'),
        find: "  if (header.status !== 'running' && header.status !== 'pending') return;\n",
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
  // Callbacks, keys, generations.
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
