import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemBytes, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { nodeItem, nodeRecord, nodeRecordWithOutputs } from '../../shared/adapters/aws/dynamo/node-items.ts';
import { decodeRanges, encodeRanges } from '../../shared/adapters/aws/dynamo/ranges.ts';
import { NewerRecordError } from '../../shared/adapters/aws/dynamo/record-version.ts';
import type { PayloadStore } from '../../shared/adapters/aws/payloads.ts';
import type { NodeRecord } from '../../shared/domain/execution/records.ts';
import { epochMs } from '../../shared/domain/time.ts';

const KEY = { workspace: 'ws', execution: 'ex_1' };

/** S3 in a map. */
function payloads(): PayloadStore & { readonly size: () => number } {
  const objects = new Map<string, Uint8Array>();
  const store = {
    put: (scope: string, packed: Uint8Array) => {
      const ref = `${scope}/${objects.size}`;
      objects.set(ref, packed);
      return Promise.resolve(ref);
    },
    get: (ref: string) => Promise.resolve(objects.get(ref) ?? new Uint8Array()),
    size: () => objects.size,
  };
  return store as unknown as PayloadStore & { readonly size: () => number };
}

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

test.each<[string, NodeRecord]>([
  ['settled', settled()],
  [
    'failed',
    settled({
      status: 'failed',
      error: { code: 'http_402', category: 'target', message: 'no', retryable: false },
      pure: {},
      inline: [],
      groups: [],
    }),
  ],
  [
    'running',
    {
      node: 'a',
      gen: 2,
      status: 'running',
      attempt: 1,
      fence: 1,
      crashes: 0,
      op: 'x',
      startedAt: at(0),
      attempts: [],
      lease: { until: at(1), since: at(0), by: 'm' },
    },
  ],
  [
    'retrying',
    {
      node: 'a',
      gen: 1,
      status: 'retrying',
      attempt: 2,
      fence: 1,
      crashes: 0,
      op: 'x',
      startedAt: at(0),
      attempts: [],
      due: at(9),
      via: [0, 2],
    },
  ],
  [
    'waiting',
    {
      node: 'a',
      gen: 1,
      status: 'waiting',
      attempt: 1,
      fence: 1,
      crashes: 0,
      op: 'x',
      startedAt: at(0),
      attempts: [],
      wait: { for: 'timer', due: at(9), onDue: { output: { until: 'then' } } },
    },
  ],
])('a %s record comes back as it was written', async (_, record) => {
  const store = payloads();
  expect(await nodeRecordWithOutputs(await nodeItem(KEY, record, store), store)).toEqual(record);
});

test('without outputs the structure comes back alone: that is all that a frontier unpacks', async () => {
  const record = nodeRecord(await nodeItem(KEY, settled(), payloads()));
  expect(record).not.toHaveProperty('output');
  expect(record).toMatchObject({
    inline: [3, 4, 5],
    pure: { route: { status: 'succeeded', branch: 'big' }, total: { status: 'succeeded' } },
  });
});

test('an output is plain while the item fits into a write unit, then compressed, then in the bucket', async () => {
  const store = payloads();
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
  expect(store.size()).toBe(1);
});

test('a record of a newer major version is refused, a missing version reads as 1', async () => {
  const item = await nodeItem(KEY, settled(), payloads());
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
