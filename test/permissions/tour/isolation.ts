import { expect, vi } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import type { Setting } from './setting.ts';

const WAIT = { timeout: 20_000, interval: 20 };
/** Long enough for a message and a permission of its own. */
const LONG = { timeout: '5m' };

/** Workers die while they run nodes. Those that come after them find the permission expired, and isolate the node. */
export async function isolate(setting: Setting): Promise<void> {
  // One after the other: each holds an invocation of the worker, of which there are few.
  for (const way of [goOnAlone, endAlone, waitAlone, findAnotherDead, askTwice]) await way(setting);
}

interface Dying {
  readonly name: string;
  readonly path: string;
  readonly nodes: JsonObject;
}

/**
 * Starts it, waits until its node `hang` calls its target, and lets the worker die that runs it. Afterwards the call is
 * answered: what the dead do then is for fences.
 */
async function whileDead(
  setting: Setting,
  { name, path, nodes }: Dying,
  then: (execution: string) => Promise<void>,
): Promise<void> {
  await setting.api.save({ name, nodes });
  const id = await setting.api.start(name);
  await vi.waitFor(() => expect(setting.target.calls(path)).toBe(1), WAIT);
  await setting.workerDied(id, 'hang');
  await then(id);
  setting.target.release(path);
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
  await whileDead(setting, { name: 'alone', path: '/hang/noise/alone', nodes }, async (id) => {
    // The guard message of whoever moved the execution last.
    await setting.send('QueuesWork', { ex: id, kind: 'recover' });
    expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
  });
}

async function endAlone(setting: Setting): Promise<void> {
  const nodes = { a: setting.http('/ok'), hang: setting.http('/hang/last', ['a'], LONG) };
  await whileDead(setting, { name: 'end-alone', path: '/hang/last', nodes }, async (id) => {
    await setting.send('QueuesWork', { ex: id, kind: 'recover' });
    expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
  });
}

/** The next attempt is further away than a queue can delay. */
async function waitAlone(setting: Setting): Promise<void> {
  const nodes = { hang: setting.http('/hang/busy', [], { ...LONG, retry: { delays: ['2d'] } }) };
  await whileDead(setting, { name: 'wait-alone', path: '/hang/busy', nodes }, async (id) => {
    await setting.send('QueuesWork', { ex: id, kind: 'recover' });
    await setting.until(id, ({ progress }) => progress.retrying === 1);
    await setting.ask('POST', `/v1/executions/${id}/cancel`);
    await setting.ended(id);
  });
}

/** An isolated message that comes too late looks at what is below its node, where another worker has died meanwhile. */
async function findAnotherDead(setting: Setting): Promise<void> {
  const nodes = { a: setting.http('/ok'), hang: setting.http('/hang/below', ['a'], LONG) };
  await whileDead(setting, { name: 'below', path: '/hang/below', nodes }, async (id) => {
    await setting.send('QueuesIsolated', { ex: id, kind: 'node', node: 'a', gen: 1, recovery: true, isolated: true });
    expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
  });
}

/** Whoever got no answer to a callback sends it again: the API then looks after what should have followed. */
async function askTwice(setting: Setting): Promise<void> {
  const nodes = { person: { type: 'approval' }, hang: setting.http('/hang/beside', [], LONG) };
  await whileDead(setting, { name: 'beside', path: '/hang/beside', nodes }, async (id) => {
    await setting.until(id, ({ progress }) => progress.waiting === 1);
    const { callback } = await setting.api.node(id, 'person');
    for (let time = 0; time < 2; time += 1)
      await setting.ask('POST', `/v1/callbacks/${callback.token}`, { output: {} });
    expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
  });
}
