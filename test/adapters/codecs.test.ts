import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemBytes, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { nodeItem, nodeRecord } from '../../shared/adapters/aws/dynamo/node-items.ts';
import { decodeRanges, encodeRanges } from '../../shared/adapters/aws/dynamo/ranges.ts';
import { NewerRecordError } from '../../shared/adapters/aws/dynamo/record-version.ts';
import type { NodeRecord, SettledRecord } from '../../shared/domain/execution/records.ts';
import { failure } from '../../shared/domain/failure.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { MemoryPayloads } from '../contracts/memory-payloads.ts';

const KEY = { workspace: 'ws', execution: 'ex_1' };

const at = (ms: number) => epochMs(1_700_000_000_000 + ms);
const settled = (
  more: Partial<Extract<NodeRecord, { status: 'succeeded' | 'failed' | 'cancelled' }>> = {},
): NodeRecord => ({
  node: 'charge',
  gen: 1,
  status: 'succeeded',
  attempt: 1,
  fence: 1,
  crashes: 0,
  op: 'abc',
  startedAt: at(0),
  endedAt: at(5),
  attempts: [{ attempt: 1, startedAt: at(0), endedAt: at(5) }],
  output: { status: 200, body: { ok: true } },
  pure: {
    total: { status: 'succeeded', output: 5 },
    route: { status: 'succeeded', output: { branch: 'big' }, branch: 'big' },
    'x?': { status: 'succeeded', open: false },
  },
  inline: [3, 4, 5],
  groups: [[6, 7], [9]],
  lease: { until: at(60_000), since: at(0), by: 'message-1' },
  ...more,
});

test('without outputs the structure comes back alone: that is all that a frontier unpacks', async () => {
  const record = nodeRecord(await nodeItem(KEY, settled(), new MemoryPayloads()));
  expect(record).not.toHaveProperty('output');
  expect(record).toMatchObject({
    inline: [3, 4, 5],
    pure: { route: { status: 'succeeded', branch: 'big' }, total: { status: 'succeeded' } },
  });
});

test('the history of a success at the first attempt is not written: it comes back from the times', async () => {
  const record = settled({ pure: {}, inline: [], groups: [] });
  const item = await nodeItem(KEY, record, new MemoryPayloads());
  expect(JSON.parse(item['d']?.S ?? '')).toEqual({
    startedAt: at(0),
    endedAt: at(5),
    lease: { until: at(60_000), since: at(0), by: 'message-1' },
  });
  const { output: _output, ...withoutOutput } = record as typeof record & { output: unknown };
  expect(nodeRecord(item)).toEqual(withoutOutput);
});

test('a history of more than that comes back as it was', async () => {
  const first = { attempt: 1, startedAt: at(0), endedAt: at(5) };
  const error = failure('timeout', 'timeout', 'too slow', { retryable: true });
  const histories: readonly Partial<Parameters<typeof settled>[0]>[] = [
    { attempts: [] },
    { attempts: [{ ...first, error, delayMs: 10 }] },
    { attempts: [{ ...first, startedAt: at(1) }] },
    {
      attempts: [
        { ...first, error },
        { attempt: 2, startedAt: at(3), endedAt: at(5) },
      ],
      attempt: 2,
      crashes: 1,
    },
    { attempts: [{ attempt: 2, startedAt: at(0), endedAt: at(5) }], attempt: 2 },
    { attempts: [{ ...first, attempt: 0, refusals: 3 }], attempt: 0 },
  ];
  for (const history of histories) {
    const record = nodeRecord(await nodeItem(KEY, settled(history), new MemoryPayloads()));
    expect(record).toMatchObject({ attempt: 1, crashes: 0, ...history });
  }
});

test('an open record has no end to derive a history from', async () => {
  const lease = { until: at(60_000), since: at(0), by: 'message-1' };
  const {
    endedAt: _end,
    output: _output,
    pure: _pure,
    inline: _inline,
    groups: _groups,
    ...base
  } = settled() as SettledRecord;
  for (const attempts of [[], base.attempts]) {
    const record: NodeRecord = { ...base, status: 'running', attempts, lease };
    expect(nodeRecord(await nodeItem(KEY, record, new MemoryPayloads()))).toEqual(record);
  }
});

test('an output is plain while the item fits into a write unit, then compressed, then in the bucket', async () => {
  const store = new MemoryPayloads();
  const form = async (output: string | readonly number[]) => {
    const item: Item = await nodeItem(KEY, settled({ output, pure: {} }), store);
    return {
      kind: item['o']?.S !== undefined ? 'plain' : item['o']?.B !== undefined ? 'compressed' : 'bucket',
      bytes: itemBytes(item),
    };
  };
  expect((await form('short')).kind).toBe('plain');
  expect(await form('repeat '.repeat(1_000))).toMatchObject({ kind: 'compressed' });
  expect((await form('repeat '.repeat(1_000))).bytes).toBeLessThanOrEqual(1_024);
  const noise = Array.from({ length: 5_000 }, (_, index) => (index * 2_654_435_761) % 4_294_967_296);
  expect((await form(noise)).kind).toBe('bucket');
  expect(store.size).toBe(1);
});

test('a record of a newer major version is refused, a missing version reads as 1', async () => {
  const item = await nodeItem(KEY, settled(), new MemoryPayloads());
  expect(() => nodeRecord({ ...item, v: { N: '2' } })).toThrow(NewerRecordError);
  expect(nodeRecord({ ...item, v: { N: '1' } }).status).toBe('succeeded');
});

test('indices survive as ranges, whatever their order', () => {
  expect(encodeRanges([3, 4, 5, 9])).toBe('3-5,9');
  fc.assert(
    fc.property(fc.array(fc.nat(20_000)), (indices) => {
      expect(decodeRanges(encodeRanges(indices))).toEqual(indices);
    }),
  );
});
