import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Rows 8, 9 and 12 of what Stepwell must do, through the public API. Timers run 600 times faster. */
const CLOCK_RATE = 600;

let target: RecordingTarget;
let stack: TestStack;

beforeAll(async () => {
  target = await startRecordingTarget({
    answer: (path, nth) => {
      if (path.startsWith('/flaky')) return nth < 5 ? { status: 503 } : undefined;
      if (path.startsWith('/down')) return { status: 500 };
      if (path.startsWith('/busy')) return nth === 1 ? { status: 429, headers: { 'retry-after': '120' } } : undefined;
      return undefined;
    },
  });
  stack = await startTestStack({ httpAllow: target.authority, clockRate: CLOCK_RATE });
});

afterAll(async () => {
  await stack.stop();
  await target.stop();
});

const http = (path: string, more: object = {}) => ({ type: 'http', with: { url: `${target.url}${path}` }, ...more });
const gaps = (path: string) =>
  target
    .calls(path)
    .map(({ at }, index, calls) => at - (calls[index - 1]?.at ?? at))
    .slice(1);

test('retries follow the delays of the policy, each attempt keeps its error, the key stays the same', async () => {
  const execution = await stack.api.run({
    name: 'retries',
    nodes: { pay: http('/flaky/1', { retry: { delays: ['0s', '1m', '5m', '10m'] } }) },
  });
  expect(execution.status).toBe('succeeded');
  expect(execution.nodes.pay.attempts).toBe(5);
  const { attempts } = await stack.api.node(execution.id, 'pay');
  expect(attempts.map(({ delayMs }: { delayMs?: number }) => delayMs)).toEqual([
    0,
    60_000,
    300_000,
    600_000,
    undefined,
  ]);
  expect(attempts.slice(0, 4).map(({ error }: { error: { code: string } }) => error.code)).toEqual([
    'http_503',
    'http_503',
    'http_503',
    'http_503',
  ]);
  expect(new Set(target.calls('/flaky/1').map(({ key }) => key)).size).toBe(1);
  // Never early: what is waited is the delay at the clock's rate, up to the queue's whole seconds.
  const waited = gaps('/flaky/1');
  [0, 100, 500, 1_000].forEach((least, index) => expect(waited[index]).toBeGreaterThanOrEqual(least));
});

test('`Retry-After` is honoured when it is longer than the policy', async () => {
  const execution = await stack.api.run({ name: 'retry-after', nodes: { pay: http('/busy/1') } });
  expect(execution.status).toBe('succeeded');
  const { attempts } = await stack.api.node(execution.id, 'pay');
  expect(attempts[0].delayMs).toBe(120_000);
  expect(gaps('/busy/1')[0]).toBeGreaterThanOrEqual(200);
});

test('a POST without `retry` is not repeated after a 500, and a final failure is never repeated', async () => {
  const post = await stack.api.run({
    name: 'post',
    nodes: { pay: { type: 'http', with: { method: 'POST', url: `${target.url}/down/post` } } },
  });
  expect(post.status).toBe('failed');
  expect(target.calls('/down/post')).toHaveLength(1);
  const fail = await stack.api.run({
    name: 'own',
    nodes: { no: { type: 'fail', with: { code: 'out_of_stock', message: 'none left' }, retry: { attempts: 5 } } },
  });
  expect(fail.error).toMatchObject({ code: 'out_of_stock', category: 'target', retryable: false });
  expect(fail.nodes.no.attempts).toBe(1);
});

test('`failIf` and `retryIf` look at the output before it is committed', async () => {
  const execution = await stack.api.run({
    name: 'judged',
    nodes: {
      bad: http('/ok/bad', { failIf: '{{ output.body.ok }}', onError: 'continue' }),
      again: http('/ok/again', {
        retryIf: '{{ output.status == 200 }}',
        retry: { attempts: 2, first: '1s' },
        onError: 'continue',
      }),
    },
  });
  expect(execution.nodes.bad.error.code).toBe('fail_if');
  expect(execution.nodes.again.error.code).toBe('retry_if');
  expect(target.calls('/ok/again')).toHaveLength(2);
});

test('a deadline ends a node that would retry beyond it', async () => {
  const execution = await stack.api.run({
    name: 'deadline',
    nodes: { slow: http('/down/deadline', { deadline: '1h', retry: { delays: ['1m', '2h'] } }) },
  });
  expect(execution.error.code).toBe('deadline_exceeded');
  expect(target.calls('/down/deadline')).toHaveLength(2);
});

test('an attempt timeout aborts the call and is retryable', async () => {
  const hanging = await startRecordingTarget({ delayMs: 5_000 });
  await using _ = { [Symbol.asyncDispose]: () => hanging.stop() };
  const nodes = { a: { type: 'http', with: { url: `${target.url}/unused` }, if: '{{ false }}' } };
  await stack.api.save({ name: 'unused', nodes });
  const own = await startSecondStack(hanging.authority);
  try {
    const execution = await own.api.run({
      name: 'timeout',
      nodes: {
        slow: {
          type: 'http',
          with: { url: `${hanging.url}/slow` },
          timeout: '300ms',
          retry: { attempts: 2, first: '0s', jitter: 0 },
        },
      },
    });
    expect(execution.error).toMatchObject({ code: 'timeout', category: 'timeout', retryable: true });
    expect(hanging.calls('/slow')).toHaveLength(2);
  } finally {
    await own.stop();
  }
});

/** Its own stack, since the allow list is given at start; in this process they come one after the other. */
async function startSecondStack(allow: string): Promise<TestStack> {
  await stack.stop();
  const second = await startTestStack({ httpAllow: allow, clockRate: CLOCK_RATE });
  return {
    ...second,
    stop: async () => {
      await second.stop();
      stack = await startTestStack({ httpAllow: target.authority, clockRate: CLOCK_RATE });
    },
  };
}

test('100 simultaneous starts with one Idempotency-Key: one execution, 100 equal answers; another body is a conflict', async () => {
  await stack.api.save({ name: 'once', nodes: { a: http('/once/{{ execution.id }}') } });
  const start = (input: number) =>
    stack.api.call('POST', '/v1/workflows/once/executions', {
      body: { input: { n: input } },
      headers: { 'idempotency-key': 'order-1' },
    });
  const answers = await Promise.all(Array.from({ length: 100 }, () => start(1)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const ids = new Set(answers.map(({ body }) => body.id as string));
  expect(ids.size).toBe(1);
  const [id = ''] = ids;
  await stack.api.ended(id);
  expect(target.calls(`/once/${id}`)).toHaveLength(1);
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(99);
  expect((await start(2)).body.code).toBe('idempotency_conflict');
});

test('cancel ends waiting and retrying nodes at once, nothing starts after it, a terminal execution refuses', async () => {
  await stack.api.save({
    name: 'cancel',
    nodes: {
      wait: { type: 'wait', with: { duration: '30d' } },
      person: { type: 'approval' },
      after: http('/after-cancel', { needs: ['wait', 'person'], join: 'always' }),
    },
  });
  const id = await stack.api.start('cancel');
  await stack.api.until(id, ({ progress }) => progress.waiting === 2);
  expect((await stack.api.call('POST', `/v1/executions/${id}/cancel`)).status).toBe(202);
  const execution = await stack.api.ended(id, 5_000);
  expect(execution).toMatchObject({ status: 'cancelled', reason: 'cancelled' });
  expect(execution.cancelRequestedAt).toBeDefined();
  expect(execution.endedAt).toBeDefined();
  expect(execution.nodes).toMatchObject({
    wait: { status: 'cancelled' },
    person: { status: 'cancelled' },
    after: { status: 'cancelled' },
  });
  expect(target.calls('/after-cancel')).toHaveLength(0);
  expect((await stack.api.call('POST', `/v1/executions/${id}/cancel`)).body.code).toBe('execution_terminal');
});

test('the timeout of the execution ends it with reason and end time', async () => {
  const execution = await stack.api.run({
    name: 'short',
    timeout: '2m',
    nodes: { person: { type: 'approval' }, after: { type: 'pass', needs: ['person'] } },
  });
  expect(execution).toMatchObject({ status: 'timed_out', reason: 'timeout' });
  expect(execution.endedAt).toBeDefined();
  expect(execution.nodes.after.status).toBe('cancelled');
});

test('an approval that nobody answers expires into its error branch; a wait fires', async () => {
  const execution = await stack.api.run({
    name: 'expiry',
    nodes: {
      review: { type: 'approval', with: { expires: '1m' } },
      escalate: http('/escalated', { needs: ['review.error'] }),
      pause: { type: 'wait', with: { duration: '3m' } },
    },
  });
  expect(execution.status).toBe('succeeded');
  expect(execution.nodes.review.error.code).toBe('callback_expired');
  expect(target.calls('/escalated')).toHaveLength(1);
});

test('cancel reaches a call that is under way within seconds', async () => {
  const hanging = await startRecordingTarget({ delayMs: 30_000 });
  const own = await startSecondStack(hanging.authority);
  try {
    await own.api.save({
      name: 'hanging',
      nodes: { slow: { type: 'http', with: { url: `${hanging.url}/slow` } }, next: { type: 'pass', needs: ['slow'] } },
    });
    const id = await own.api.start('hanging');
    await own.api.until(id, () => hanging.calls('/slow').length === 1);
    expect((await own.api.execution(id)).nodes.slow.status).toBe('running');
    const answer = await own.api.call('POST', `/v1/executions/${id}/cancel`);
    expect(answer.body.status).toBe('running');
    const execution = await own.api.ended(id, 10_000);
    expect(execution).toMatchObject({
      status: 'cancelled',
      nodes: { slow: { status: 'cancelled' }, next: { status: 'cancelled' } },
    });
  } finally {
    await own.stop();
    await hanging.stop();
  }
});
