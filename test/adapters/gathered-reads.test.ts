import { beforeEach, describe, expect, test } from 'vitest';
import { GatheredReads, type Found } from '../../shared/adapters/aws/dynamo/gathered-reads.ts';
import type { ItemKey } from '../../shared/adapters/aws/dynamo/keys.ts';

/** One request that has left; the test answers it. */
interface Request {
  readonly keys: readonly ItemKey[];
  readonly found: Found;
  readonly end: PromiseWithResolvers<void>;
}

const key = (number: number): ItemKey => ({ pk: 'p', sk: `s${number}` });
const item = ({ sk }: ItemKey) => ({ item: { sk: { S: sk } }, readUnits: 1 });
const nothing = { item: undefined, readUnits: 1 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let requests: Request[];
let reads: GatheredReads;

beforeEach(() => {
  requests = [];
  reads = new GatheredReads((keys, found) => {
    const end = Promise.withResolvers<void>();
    requests.push({ keys, found, end });
    return end.promise;
  });
});

function answer(request: Request | undefined): void {
  for (const asked of request?.keys ?? []) request?.found(asked, item(asked));
  request?.end.resolve();
}

describe('reads of single items', () => {
  test('leave together when they are asked for in one turn', async () => {
    const all = Promise.all([1, 2, 3].map((number) => reads.get(key(number))));
    await turn();
    expect(requests.map(({ keys }) => keys)).toEqual([[key(1), key(2), key(3)]]);
    answer(requests[0]);
    expect(await all).toEqual([1, 2, 3].map((number) => item(key(number))));
  });

  test('that come while one is under way wait for it, and never share its answer', async () => {
    const first = reads.get(key(1));
    await turn();
    const later = [reads.get(key(1)), reads.get(key(2)), reads.get(key(2))];
    await turn();
    expect(requests).toHaveLength(1);
    answer(requests[0]);
    await first;
    await turn();
    // R1: what was asked for after a request had left may have been written after it; the same item twice is read once,
    // and paid for once.
    expect(requests.map(({ keys }) => keys)).toEqual([[key(1)], [key(1), key(2)]]);
    answer(requests[1]);
    const half = { ...item(key(2)), readUnits: 0.5 };
    expect(await Promise.all(later)).toEqual([item(key(1)), half, half]);
  });

  test('leave a hundred at a time', async () => {
    const all = Promise.all(Array.from({ length: 230 }, (_, number) => reads.get(key(number))));
    for (let at = 0; at < 3; at += 1) {
      await turn();
      answer(requests[at]);
    }
    expect((await all).length).toBe(230);
    expect(requests.map(({ keys }) => keys.length)).toEqual([100, 100, 30]);
  });

  test('are answered one by one: an item that takes longer holds up nobody else', async () => {
    const [quick, slow] = [reads.get(key(1)), reads.get(key(2))];
    await turn();
    requests[0]?.found(key(1), nothing);
    expect(await quick).toEqual(nothing);
    answer(requests[0]);
    expect(await slow).toEqual(item(key(2)));
  });

  test('fail together, but for those that have their answer, and those that come later', async () => {
    const [known, unknown] = [reads.get(key(1)), reads.get(key(2))];
    await turn();
    requests[0]?.found(key(1), item(key(1)));
    requests[0]?.end.reject(new Error('throttled'));
    expect(await known).toEqual(item(key(1)));
    await expect(unknown).rejects.toThrow('throttled');
    const again = reads.get(key(2));
    await turn();
    answer(requests[1]);
    expect(await again).toEqual(item(key(2)));
  });
});
