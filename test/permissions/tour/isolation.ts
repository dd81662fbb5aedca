import { expect, vi } from 'vitest';
import type { Setting } from './setting.ts';

const WAIT = { timeout: 20_000, interval: 20 };
/** Long enough for a message and a permission of its own. */
const LONG = { timeout: '5m' };

/** Workers die while they run nodes. Those that come after them find the permission expired, and isolate the node. */
export async function isolate(setting: Setting): Promise<void> {
  const ways = [goOnAlone, endAlone, waitAlone, findAnotherDead, askTwice];
  await Promise.all(ways.map((way) => way(setting)));
  setting.target.release();
}

/** Starts it, waits until `hang` calls its target, and lets the worker die that runs it. */
async function startAndDie(
  setting: Setting,
  definition: { readonly name: string; readonly nodes: object },
  path: string,
) {
  await setting.api.save(definition as never);
  const id = await setting.api.start(definition.name);
  await vi.waitFor(() => expect(setting.target.calls(path)).toBe(1), WAIT);
  await setting.workerDied(id, 'hang');
  return id;
}

/**
 *    a ──┐
 *        ├─ hang ──┬─ after
 *    b ──┘         │
 *    └─────────────┴─ join
 *
 * The node reads outputs of two units, one of them large, has a large one itself, and is followed by more.
 */
async function goOnAlone(setting: Setting): Promise<void> {
  const nodes = {
    a: setting.http('/noise'),
    b: setting.http('/ok'),
    hang: setting.sending('/hang/noise/alone', ['a', 'b'], LONG),
    after: setting.http('/ok', ['hang']),
    join: setting.http('/ok', ['b', 'hang']),
  };
  const id = await startAndDie(setting, { name: 'alone', nodes }, '/hang/noise/alone');
  // The guard message of whoever moved the execution last.
  await setting.send('QueuesWork', { ex: id, kind: 'recover' });
  expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
}

async function endAlone(setting: Setting): Promise<void> {
  const nodes = { a: setting.http('/ok'), hang: setting.http('/hang/last', ['a'], LONG) };
  const id = await startAndDie(setting, { name: 'end-alone', nodes }, '/hang/last');
  await setting.send('QueuesWork', { ex: id, kind: 'recover' });
  expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
}

/** The next attempt is further away than a queue can delay. */
async function waitAlone(setting: Setting): Promise<void> {
  const nodes = { hang: setting.http('/hang/busy', [], { ...LONG, retry: { delays: ['2d'] } }) };
  const id = await startAndDie(setting, { name: 'wait-alone', nodes }, '/hang/busy');
  await setting.send('QueuesWork', { ex: id, kind: 'recover' });
  await setting.until(id, ({ progress }) => progress.retrying === 1);
  await setting.ask('POST', `/v1/executions/${id}/cancel`);
  await setting.ended(id);
}

/** An isolated message that comes too late looks at what is below its node, where another worker has died meanwhile. */
async function findAnotherDead(setting: Setting): Promise<void> {
  const nodes = { a: setting.http('/ok'), hang: setting.http('/hang/below', ['a'], LONG) };
  const id = await startAndDie(setting, { name: 'below', nodes }, '/hang/below');
  await setting.send('QueuesIsolated', { ex: id, kind: 'node', node: 'a', gen: 1, recovery: true, isolated: true });
  expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
}

/** Whoever got no answer to a callback sends it again: the API then looks after what should have followed. */
async function askTwice(setting: Setting): Promise<void> {
  const nodes = { person: { type: 'approval' }, hang: setting.http('/hang/beside', [], LONG) };
  const id = await startAndDie(setting, { name: 'beside', nodes }, '/hang/beside');
  const { callback } = await setting.api.node(id, 'person');
  for (let time = 0; time < 2; time += 1) await setting.ask('POST', `/v1/callbacks/${callback.token}`, { output: {} });
  expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
}
