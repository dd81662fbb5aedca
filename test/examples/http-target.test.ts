import { expect, test } from 'vitest';
import { startHttpTarget } from '../support/http-target.ts';

const post = (url: string, body: string, key?: string): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers: { ...(key !== undefined && { 'idempotency-key': key }) } });

test('a script answers one after the other, the last one again and again; all else is 404', async () => {
  await using target = await startHttpTarget({
    'POST /pay': [503, { status: 201, body: { id: 7 }, headers: { 'x-a': 'b' } }],
    'DELETE /pay': 204,
  });
  const statuses = [];
  for (let times = 0; times < 3; times += 1) statuses.push((await post(`${target.url}/pay`, '')).status);
  expect(statuses).toEqual([503, 201, 201]);
  const last = await post(`${target.url}/pay?x=1`, '');
  expect([last.headers.get('x-a'), await last.json()]).toEqual(['b', { id: 7 }]);
  expect((await fetch(`${target.url}/pay`, { method: 'DELETE' })).status).toBe(204);
  const unknown = await fetch(`${target.url}/pay`);
  expect([unknown.status, await unknown.json()]).toEqual([404, { error: 'no answer is scripted for GET /pay' }]);
});

test('the ledger has every request as it came, with its place in the order', async () => {
  await using target = await startHttpTarget(() => ({ status: 202 }));
  await post(`${target.url}/a%2Fb?q=1?2`, '{"n":1}', 'k1');
  await post(`${target.url}/c`, 'no json');
  expect(target.calls).toMatchObject([
    {
      method: 'POST',
      path: '/a%2Fb',
      query: 'q=1?2',
      key: 'k1',
      body: { n: 1 },
      received: 1,
      answered: 2,
      status: 202,
    },
    { path: '/c', key: undefined, body: 'no json', received: 3, answered: 4 },
  ]);
});

test('the high-water mark is the most requests at one time', async () => {
  await using target = await startHttpTarget(() => ({ delayMs: 100 }));
  await Promise.all([post(`${target.url}/1`, ''), post(`${target.url}/2`, ''), post(`${target.url}/3`, '')]);
  await post(`${target.url}/4`, '');
  expect([target.inFlightMax, target.inFlight]).toEqual([3, 0]);
});

test('a handler that throws breaks the connection, and the request has no answer', async () => {
  await using target = await startHttpTarget(() => {
    throw new Error('out of order');
  });
  await expect(post(`${target.url}/x`, '')).rejects.toThrow('fetch failed');
  expect(target.calls.map(({ answered, status }) => [answered, status])).toEqual([[undefined, undefined]]);
});

test('stopping does not wait for answers that take their time', async () => {
  const target = await startHttpTarget({ 'POST /slow': { delayMs: 10_000 } });
  const hung = post(`${target.url}/slow`, '').catch(() => 'broken');
  while (target.inFlight === 0) await new Promise(setImmediate);
  await target.stop();
  expect(await hung).toBe('broken');
});
