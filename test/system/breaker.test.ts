import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDynoxide, type Dynoxide } from '../../local/emulators/dynoxide.ts';
import { MeteringProxy } from '../support/metering-proxy.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Row 13 of what Stepwell must do, through the public API: a target that is down, and then is not. */
const CLOCK_RATE = 10;
const OPEN_MS = 60_000 / CLOCK_RATE;

let healthy = false;
let target: RecordingTarget;
let others: RecordingTarget;
let dynoxide: Dynoxide;
let table: MeteringProxy;
let stack: TestStack;

beforeAll(async () => {
  target = await startRecordingTarget({ answer: () => (healthy ? undefined : { status: 503 }) });
  others = await startRecordingTarget();
  dynoxide = await startDynoxide(undefined);
  table = new MeteringProxy(() => dynoxide.endpoint);
  stack = await startTestStack({
    httpAllow: `${target.authority},${others.authority}`,
    clockRate: CLOCK_RATE,
    dynamodbEndpoint: await table.start(),
  });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([table.stop(), dynoxide.stop(), target.stop(), others.stop()]);
});

const pay = (url: string, more: object = {}) => ({ type: 'http', with: { method: 'POST', url }, ...more });

test('after five failures in a row no call is made, no attempt burnt; probes find the target healthy and close it', async () => {
  await stack.api.save({ name: 'pay', nodes: { pay: pay(`${target.url}/pay`, { retry: { attempts: 1 } }) } });
  await stack.api.save({ name: 'hurry', nodes: { pay: pay(`${target.url}/hurry`, { deadline: '1s' }) } });
  await stack.api.save({ name: 'elsewhere', nodes: { pay: pay(`${others.url}/pay`) } });
  for (let time = 0; time < 5; time += 1) {
    const execution = await stack.api.ended(await stack.api.start('pay'));
    expect(execution.nodes.pay).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'http_503' } });
  }
  const hurried = await stack.api.start('hurry');
  const [sixth, seventh, eighth] = await Promise.all(['pay', 'pay', 'pay'].map((name) => stack.api.start(name)));
  const waiting = await stack.api.until(sixth ?? '', ({ progress }) => progress.retrying === 1);
  expect(waiting.nodes.pay).toMatchObject({
    status: 'retrying',
    attempts: 0,
    nextAttemptAt: expect.any(String),
    error: {
      code: 'breaker_open',
      category: 'policy',
      retryable: true,
      details: { target: target.url, failures: 5, since: expect.any(String) },
    },
  });
  expect((await stack.api.node(sixth ?? '', 'pay')).attempts).toEqual([]);
  const { body: history } = await stack.api.call('GET', `/v1/executions/${sixth}/history`);
  expect(history.items.map(({ type }: { type: string }) => type)).toContain('attempt_refused');
  expect((await stack.api.ended(hurried)).nodes.pay).toMatchObject({
    status: 'failed',
    attempts: 0,
    error: { code: 'breaker_open', details: { target: target.url } },
  });
  const elsewhere = await stack.api.ended(await stack.api.start('elsewhere'));
  expect(elsewhere.status).toBe('succeeded');
  expect(target.all).toHaveLength(5);

  healthy = true;
  for (const id of [sixth, seventh, eighth]) {
    const execution = await stack.api.ended(id ?? '');
    expect(execution).toMatchObject({ status: 'succeeded', nodes: { pay: { attempts: 1 } } });
    expect((await stack.api.node(id ?? '', 'pay')).attempts).toMatchObject([{ attempt: 1 }]);
  }
  expect(target.all).toHaveLength(8);
  const [fifth, probe] = target.all.slice(4);
  expect((probe?.at ?? 0) - (fifth?.at ?? 0)).toBeGreaterThanOrEqual(OPEN_MS);
  const after = await stack.api.ended(await stack.api.start('pay'));
  expect(after.status).toBe('succeeded');
});

test('a target that is well costs a read now and then and no write', async () => {
  const names = Array.from({ length: 10 }, (_, at) => `n${at}`);
  const chain = names.map((name, at) => [
    name,
    { type: 'http', needs: at === 0 ? [] : [`n${at - 1}`], with: { url: `${others.url}/chain` } },
  ]);
  await stack.api.save({ name: 'chain', nodes: Object.fromEntries(chain) });
  table.reset();
  const begun = Date.now();
  expect((await stack.api.ended(await stack.api.start('chain'))).status).toBe('succeeded');
  // What was read is good for five seconds, as the clock of this stack has them.
  const periods = Math.ceil(((Date.now() - begun) * CLOCK_RATE) / 5_000) + 1;
  expect(table.keysRead.filter((sortKey) => sortKey === 'B').length).toBeLessThanOrEqual(periods);
  expect(table.keysWritten.filter((sortKey) => sortKey === 'B')).toEqual([]);
});
