import { expect, vi } from 'vitest';
import type { Setting } from './setting.ts';
import { NOISE } from './target.ts';

const WAIT = { timeout: 20_000, interval: 50 };

/** What goes well, or ends as somebody wanted it: definitions, starts, large values, timers, callbacks, all that can be read. */
export async function goOrdinaryWays(setting: Setting): Promise<void> {
  const ways = [runEverything, hold, waitForWeeks, timeOut, deleteUnused, readWhatNeedsNoExecution, sendNonsense];
  await Promise.all(ways.map((way) => way(setting)));
}

/**
 *            ┌─ busy ──┐
 *    first ──┤         ├─ join ── person ── last
 *            └─ noise ─┘
 *
 * Its timeout is longer than a queue can delay; definition, input and outputs are larger than an item holds.
 */
async function runEverything(setting: Setting): Promise<void> {
  const { api } = setting;
  const definition = (large: string) => ({
    name: 'everything',
    timeout: '20d',
    nodes: {
      first: setting.http('/first'),
      busy: setting.http('/busy', ['first'], { retry: { delays: ['0s', '10ms'] }, onError: 'continue' }),
      noise: setting.http('/noise', ['first']),
      join: { type: 'transform', needs: ['busy', 'noise'], with: { value: [large, '{{ input.noise }}'] } },
      person: { type: 'approval', needs: ['join'] },
      last: { ...setting.sending('/last', ['first', 'noise']), needs: ['person'] },
    },
    output: { join: '{{ nodes.join.output }}', noise: '{{ nodes.noise.output.body }}' },
  });
  await api.save(definition('small'));
  await api.save(definition(NOISE.join(' ')));
  const start = () => api.start('everything', { input: { noise: [...NOISE] } }, { 'idempotency-key': 'once' });
  const [id, again] = await Promise.all([start(), start()]);
  expect(again).toBe(id);
  await setting.until(id, ({ nodes }) => nodes.person.status === 'waiting');
  const { callback } = await api.node(id, 'person');
  await setting.ask('GET', `/v1/callbacks/${callback.token}`);
  await setting.approve(id, 'person');
  expect(await setting.ended(id)).toMatchObject({ status: 'succeeded', version: 2, nodes: { busy: { attempts: 3 } } });
  expect((await api.results(id)).output.noise).toEqual(NOISE);
  for (const path of ['', '/history', '/nodes/noise', '/nodes/last'])
    await setting.ask('GET', `/v1/executions/${id}${path}`);
  for (const path of ['', '/everything', '/everything?version=1', '/everything/versions'])
    await setting.ask('GET', `/v1/workflows${path}`);
  for (const query of ['', '?workflow=everything&status=succeeded', '?status=running'])
    await setting.ask('GET', `/v1/executions${query}`);
}

/** One is started later, one is thrown away. */
async function hold(setting: Setting): Promise<void> {
  const { api } = setting;
  await api.save({ name: 'held', nodes: { a: { type: 'pass' } } });
  const started = await api.start('held', { hold: true });
  await setting.ask('POST', `/v1/executions/${started}/start`);
  expect((await setting.ended(started)).status).toBe('succeeded');
  const dropped = await api.start('held', { hold: true });
  await setting.ask('POST', `/v1/executions/${dropped}/cancel`);
  expect((await api.execution(dropped)).status).toBe('cancelled');
}

/** A timer beyond what a queue delays; then somebody changes his mind. */
async function waitForWeeks(setting: Setting): Promise<void> {
  const { api } = setting;
  await api.save({ name: 'weeks', nodes: { wait: { type: 'wait', with: { duration: '30d' } } } });
  const id = await api.start('weeks');
  await setting.until(id, ({ progress }) => progress.waiting === 1);
  await setting.ask('POST', `/v1/executions/${id}/cancel`);
  expect((await setting.ended(id)).status).toBe('cancelled');
}

async function timeOut(setting: Setting): Promise<void> {
  const { api } = setting;
  await api.save({ name: 'hurry', timeout: '1m', nodes: { person: { type: 'approval' } } });
  const review = { type: 'approval', with: { expires: '1m' }, onError: 'continue' };
  await api.save({ name: 'expiring', nodes: { review, nap: { type: 'wait', with: { duration: '1m' } } } });
  const [hurried, expired] = await Promise.all([api.start('hurry'), api.start('expiring')]);
  expect((await setting.ended(hurried)).status).toBe('timed_out');
  expect((await setting.ended(expired)).status).toBe('succeeded');
}

async function deleteUnused(setting: Setting): Promise<void> {
  await setting.api.save({ name: 'unused', nodes: { a: { type: 'pass' } } });
  await setting.ask('DELETE', '/v1/workflows/unused');
}

async function readWhatNeedsNoExecution(setting: Setting): Promise<void> {
  for (const path of ['/health', '/openapi.json', '/docs/errors', '/v1/limits', '/metrics'])
    await setting.ask('GET', path);
  await setting.ask('POST', '/v1/workflows/validate', { name: 'valid', nodes: { a: { type: 'pass' } } });
}

/** What no function can read, in every queue that one is fed from. */
async function sendNonsense(setting: Setting): Promise<void> {
  for (const queue of ['QueuesWork', 'QueuesIsolated', 'QueuesDeadLetters'])
    await setting.send(queue, `not ours: ${queue}`);
  await vi.waitFor(async () => expect(await setting.countIn('QueuesParked')).toBe(3), WAIT);
}
