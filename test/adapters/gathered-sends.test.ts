import type { BatchResultErrorEntry, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { beforeEach, expect, test } from 'vitest';
import { GatheredSends, type Parcel } from '../../shared/adapters/aws/gathered-sends.ts';

/** One request that has left; the test answers it. */
interface Request {
  readonly bodies: readonly (string | undefined)[];
  readonly answer: PromiseWithResolvers<readonly BatchResultErrorEntry[]>;
}

let requests: Request[];
let charged: Record<string, number>;
let sends: GatheredSends;

beforeEach(() => {
  requests = [];
  charged = {};
  sends = new GatheredSends((entries: readonly SendMessageBatchRequestEntry[]) => {
    const answer = Promise.withResolvers<readonly BatchResultErrorEntry[]>();
    requests.push({ bodies: entries.map(({ MessageBody }) => MessageBody), answer });
    return answer.promise;
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const parcel = (body: string): Parcel => ({
  charge: (share) => (charged[body] = share),
  entry: () => ({ MessageBody: body }),
});
const add = (...bodies: readonly string[]) => bodies.map((body) => sends.add(parcel(body)));
const many = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`);
const taken = (request: Request | undefined, failed: readonly BatchResultErrorEntry[] = []) =>
  request?.answer.resolve(failed);
const fault = (Id: string, SenderFault: boolean) => ({ Id, SenderFault, Code: 'Code', Message: 'why' });

test('messages of one turn leave together and share what the request costs', async () => {
  const all = add('a', 'b', 'c', 'd');
  await turn();
  expect(requests.map(({ bodies }) => bodies)).toEqual([['a', 'b', 'c', 'd']]);
  expect(charged).toEqual({ a: 0.25, b: 0.25, c: 0.25, d: 0.25 });
  taken(requests[0]);
  await Promise.all(all);
});

test('one that comes alone leaves at once; those that come while it is under way wait and leave together', async () => {
  const [first] = add('a');
  await turn();
  const later = [...add('b'), ...add('c')];
  await turn();
  expect(requests).toHaveLength(1);
  taken(requests[0]);
  await first;
  await turn();
  expect(requests.map(({ bodies }) => bodies)).toEqual([['a'], ['b', 'c']]);
  taken(requests[1]);
  await Promise.all(later);
});

test('full requests wait for nothing', async () => {
  const all = add('early');
  await turn();
  all.push(...add(...many(25)));
  await turn();
  expect(requests.map(({ bodies }) => bodies.length)).toEqual([1, 10, 10]);
  taken(requests[0]);
  await turn();
  expect(requests.map(({ bodies }) => bodies.length)).toEqual([1, 10, 10, 5]);
  all.push(...add('late'));
  await turn();
  all.push(...add(...many(9)));
  await turn();
  expect(requests.map(({ bodies }) => bodies.length)).toEqual([1, 10, 10, 5, 10]);
  for (const request of requests) taken(request);
  await Promise.all(all);
});

test('what the queue did not take is sent once more, alone; each sender hears of his own', async () => {
  const [taken1, later, never, mistake] = add('taken', 'later', 'never', 'mistake');
  await turn();
  taken(requests[0], [fault('1', false), fault('2', false), fault('3', true)]);
  await turn();
  expect(requests[1]?.bodies).toEqual(['later', 'never']);
  taken(requests[1], [fault('2', false)]);
  const ends = await Promise.allSettled([taken1, later, never, mistake]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  await expect(never).rejects.toThrow('SQS did not take a message: why');
  await expect(mistake).rejects.toThrow('SQS refused a message: Code why');
});

test('a request that fails fails for all in it, and for nobody after', async () => {
  const lost = Promise.allSettled(add('a', 'b'));
  await turn();
  const [next] = add('c');
  requests[0]?.answer.reject(new Error('down'));
  expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  taken(requests[1]);
  await next;
});

test('a message that cannot be written down harms nobody after it', async () => {
  const bad = sends.add({
    ...parcel('bad'),
    entry: () => {
      throw new Error('no words');
    },
  });
  await expect(bad).rejects.toThrow('no words');
  const [next] = add('a');
  await turn();
  taken(requests[0]);
  await next;
});
