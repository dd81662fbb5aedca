import type { Mutant } from './mutant.ts';

const STORE = 'shared/adapters/memory/execution-store.ts';
const HANDLER = 'lambdas/worker/work-batch.ts';
const engine = (file: string) => `shared/engine/${file}`;
const domain = (file: string) => `shared/domain/execution/${file}`;

/** Bugs that orchestrators have had, or nearly: each must be found by the simulator. */
export const MUTANTS: readonly Mutant[] = [
  // Conditions of writes.
  {
    name: 'no-fence-check',
    bug: 'a commit holds although somebody else has claimed the node since',
    file: STORE,
    find: 'existing?.status === expected.status && existing.fence === expected.fence;',
    replace: 'existing?.status === expected.status;',
  },
  {
    name: 'no-absence-check',
    bug: 'a covered start commits over whatever is there',
    file: STORE,
    find: '? existing === undefined\n',
    replace: '? existing === undefined || true\n',
  },
  {
    name: 'own-write-taken-for-lost',
    bug: 'a condition that fails on our own earlier write counts as somebody else being first',
    file: STORE,
    find: 'if (holds || existing?.op === record.op) return { written: true };',
    replace: 'if (holds) return { written: true };',
  },
  {
    name: 'header-without-revision',
    bug: 'whoever writes the header last wins',
    file: STORE,
    find: 'if (current?.rev !== next.rev - 1) return current?.op === next.op;',
    replace: '',
  },
  {
    name: 'counter-instead-of-set',
    bug: 'a join counts arrivals; one that comes twice counts twice',
    file: STORE,
    find: 'const all = new Set([...(arrivals.get(sort) ?? []), ...elements]);',
    replace:
      'const before = arrivals.get(sort) ?? new Set();\n    const all = new Set([...before, ...elements.map((element) => `0${before.size}${element}`)]);',
  },
  {
    name: 'group-taken-twice',
    bug: 'two workers may take the same group of nodes',
    file: STORE,
    find: 'if (existing !== undefined && existing.op !== group.op) return { taken: false, existing } as const;',
    replace: '',
  },
  // Messages.
  {
    name: 'ack-before-commit',
    bug: 'a message is deleted whatever became of it',
    file: HANDLER,
    find: 'batchItemFailures: failed.flatMap((id) => (id === undefined ? [] : [{ itemIdentifier: id }]))',
    replace: 'batchItemFailures: []',
  },
  {
    name: 'send-before-commit',
    bug: 'what follows leaves before the write that it follows from',
    file: engine('settle.ts'),
    find: '  session.issued.add(record.op);\n  // The header is read',
    replace:
      '  await deliver(session, closure, share, lease.until);\n  session.issued.add(record.op);\n  // The header is read',
  },
  {
    name: 'deliver-after-lost-commit',
    bug: 'a worker whose commit was refused goes on nevertheless',
    file: engine('settle.ts'),
    find: '  if (!write.written) return false;\n',
    replace: '',
  },
  {
    name: 'no-message-for-groups',
    bug: 'children that do not fit here are never sent',
    file: engine('settle.ts'),
    find: '  if (messages.length > 0) await session.deps.queue.send(messages);',
    replace: '',
  },
  {
    name: 'no-wake-up',
    bug: 'a node that waits is never woken up',
    file: engine('run-node.ts'),
    find: '  if (!write.written || due === undefined) return;',
    replace: '  return;',
  },
  {
    name: 'done-before-branches-end',
    bug: 'an invocation ends when its first branch has ended',
    file: engine('drive.ts'),
    find: '    await Promise.race(running);\n',
    replace: '    await Promise.race(running);\n    return { lostClaims };\n',
  },
  // Permissions.
  {
    name: 'live-lease-ignored',
    bug: 'a node is claimed while another worker runs it',
    file: engine('claim.ts'),
    find: '      if (isLive(record.lease, now, leaseEpoch)) {\n',
    replace: '      if (false) {\n',
  },
  {
    name: 'cover-ignored',
    bug: 'a child is claimed although its parent’s worker may start it',
    file: engine('claim.ts'),
    find: '  if (await isCovered(session, node)) return DONE;\n',
    replace: '',
  },
  {
    name: 'started-after-lease',
    bug: 'a worker that woke up after its lease starts the node all the same',
    file: engine('run-node.ts'),
    find: '  if (attemptStart >= claimed.lease.until) return later();',
    replace: '',
  },
  {
    name: 'claim-of-what-is-not-ready',
    bug: 'a claim trusts the message and not the records',
    file: engine('claim.ts'),
    find: "  if (decideJoin(session.plan, node, session.settledAt) !== 'run') return LOST;\n",
    replace: '',
  },
  {
    name: 'at-most-once-repeated',
    bug: 'an interrupted at-most-once node runs again',
    file: engine('claim.ts'),
    find: 'if (node.atMostOnce || crashes >= CRASHES_MAX)',
    replace: 'if (crashes >= CRASHES_MAX)',
  },
  {
    name: 'at-most-once-covered',
    bug: 'an at-most-once node starts without a record that it did',
    file: engine('settle.ts'),
    find: '!child.atMostOnce && ',
    replace: '',
  },
  {
    name: 'poison-never-charged',
    bug: 'a node that kills its workers is tried for ever',
    file: engine('claim.ts'),
    find: 'const crashes = record.crashes + (record.lease.until <= now ? 1 : 0);',
    replace: 'const crashes = record.crashes;',
  },
  // Joins and ends.
  {
    name: 'join-fires-at-first-edge',
    bug: 'a join runs when one of its edges has arrived',
    file: 'shared/domain/execution/settled.ts',
    find: "if (join === 'first' && edges.live) return 'run';",
    replace: "if (edges.live) return 'run';",
  },
  {
    name: 'skip-not-followed',
    bug: 'a join that is left out tells nobody',
    file: engine('arrive.ts'),
    find: "  else if (decision === 'skip' || decision === 'blocked') session.push({ kind: 'skip', node: join });\n",
    replace: '',
  },
  {
    name: 'finished-too-early',
    bug: 'the last arrival ends the execution although `first` has left somebody running',
    file: engine('finish.ts'),
    find: 'return frontier.allSettled ? frontier : undefined;',
    replace: 'return frontier;',
  },
  {
    name: 'failure-forgotten',
    bug: 'an execution with an uncaught failure succeeds',
    file: engine('finish.ts'),
    find: '  if (failed !== undefined) {\n',
    replace: '  if (failed === undefined && false) {\n',
  },
  // Stops.
  {
    name: 'cancel-ignored',
    bug: 'a worker goes on starting nodes although it saw the stop',
    file: engine('session.ts'),
    find: 'return this.isRunning && this.#header.stop === undefined;',
    replace: 'return this.isRunning;',
  },
  {
    name: 'stop-not-looked-for',
    bug: 'a commit does not look whether the execution was stopped',
    file: engine('settle.ts'),
    find: 'const write = await store.writeNode(session.key, record, expected, () => session.refreshHeader());',
    replace: 'const write = await store.writeNode(session.key, record, expected);',
  },
  {
    name: 'closing-does-not-wait',
    bug: 'a cancelled execution ends while a node runs',
    file: engine('close.ts'),
    find: 'if (busyUntil !== undefined) waitUntil',
    replace: 'if (busyUntil === 0) waitUntil',
  },
  {
    name: 'closing-does-not-fence',
    bug: 'a cancelled execution ends and its ready nodes may still be started',
    file: engine('close.ts'),
    find: '    if (frontier.active.length > 0) continue;\n',
    replace: '',
  },
  // Ways back.
  {
    name: 'arrivals-not-repaired',
    bug: 'recovery forgets arrivals that were lost between a commit and their write',
    file: engine('recover.ts'),
    find: '  await repairArrivals(session, frontier, scope);\n',
    replace: '',
  },
  {
    name: 'groups-not-resent',
    bug: 'recovery does not see that a group was never taken',
    file: engine('recover.ts'),
    find: "  return { kind: 'group', group: { node: parent.node, gen: parent.gen, group } };",
    replace: "  return { kind: 'nothing' };",
  },
  {
    name: 'sweeper-trusts-the-index',
    bug: 'the sweeper acts on what an index said, not on what the header says',
    file: engine('look.ts'),
    find: "  if (header.check === undefined || (scope === 'due' && header.check > now)) return 0;\n",
    replace: '  await moveCheck(session, epochMs(now + CHECK_AFTER_MS));\n',
  },
  {
    name: 'sweeper-never-looks-again',
    bug: 'an execution is swept once and then forgotten',
    file: engine('look.ts'),
    find: 'await moveCheck(session, nextCheck(deps, now, report));',
    replace: 'await moveCheck(session, header.deadline);',
  },
  // Callbacks, keys, generations.
  {
    name: 'second-callback-accepted',
    bug: 'another answer to the same question is taken for the one that was given',
    file: engine('callback.ts'),
    find: 'if (record.callback === callback.digest) {',
    replace: 'if (record.callback !== undefined) {',
  },
  {
    name: 'key-of-each-attempt',
    bug: 'the target gets another idempotency key with every attempt',
    file: engine('attempt.ts'),
    find: 'idempotencyKey: idempotencyKey(session, claimed.node),',
    replace: 'idempotencyKey: `${idempotencyKey(session, claimed.node)}.${claimed.attempt}`,',
  },
  {
    name: 'redrive-in-the-same-generation',
    bug: 'a redrive goes on under the keys of the run that ended',
    file: domain('redrive.ts'),
    find: '  const gen = ended.gen + 1;',
    replace: '  const gen = ended.gen;',
  },
  {
    name: 'redrive-repeats-successes',
    bug: 'a plain redrive runs again what had succeeded',
    file: domain('redrive.ts'),
    find: '(!committed || runsRegardless)',
    replace: 'true',
  },
  {
    name: 'condition-takes-other-branch',
    bug: 'the error edge of a node that was caught is dead',
    file: 'shared/domain/execution/settled.ts',
    find: "if (handling.kind === 'error') return selector.kind === 'error' ? 'live' : 'dead';",
    replace: "if (handling.kind === 'error') return 'dead';",
  },
];
