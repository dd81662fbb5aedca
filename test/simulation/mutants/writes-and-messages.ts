import type { Mutant } from './mutant.ts';

const STORE = 'shared/adapters/memory/execution-store.ts';
const HANDLER = 'lambdas/runtime/message-batch.ts';
const engine = (file: string) => `shared/engine/${file}`;

/** Bugs in the conditions of writes and in what is done with messages. */
export const WRITES_AND_MESSAGES: readonly Mutant[] = [
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
];
