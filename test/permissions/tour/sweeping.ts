import { expect, vi } from 'vitest';
import type { Seen } from './deliveries.ts';
import type { Setting } from './setting.ts';

const WAIT = { timeout: 20_000, interval: 20 };
const LONG = { timeout: '5m' };

/** Nothing moves these executions any more: their messages are lost, their workers dead. The sweeper finds them. */
export async function sweep(setting: Setting): Promise<void> {
  const found = await Promise.all([loseMessage, dieRunning, dieBeforeTheEnd].map((way) => way(setting)));
  await setting.sweep();
  for (const id of found) expect(await setting.ended(id)).toMatchObject({ status: 'succeeded' });
  setting.target.release('/hang/dead');
}

async function loseMessage(setting: Setting): Promise<string> {
  const { api, deliveries } = setting;
  const nodes = {
    a: setting.http('/ok'),
    person: { type: 'approval' },
    lost: setting.http('/ok', ['a', 'person']),
  };
  await api.save({ name: 'lost', nodes });
  const isJoin = ({ node }: Seen) => node === 'lost';
  using _lost = deliveries.befalls('Worker', 'lost', isJoin);
  const id = await api.start('lost');
  await setting.until(id, ({ progress }) => progress.succeeded === 1 && progress.waiting === 1);
  await setting.approve(id, 'person');
  await vi.waitFor(() => expect(deliveries.count(isJoin)).toBe(1), WAIT);
  return id;
}

async function dieRunning(setting: Setting): Promise<string> {
  const { api, target } = setting;
  const nodes = {
    hang: setting.http('/hang/dead', [], LONG),
    beside: setting.http('/ok'),
    join: setting.http('/ok', ['hang', 'beside']),
  };
  await api.save({ name: 'dead', nodes });
  const id = await api.start('dead');
  await vi.waitFor(() => expect(target.calls('/hang/dead')).toBe(1), WAIT);
  await setting.until(id, ({ progress }) => progress.succeeded === 1);
  await setting.workerDied(id, 'hang');
  return id;
}

/** Every node has ended, and nobody has written so: the output is still to be put together, of large parts. */
async function dieBeforeTheEnd(setting: Setting): Promise<string> {
  const nodes = { a: setting.http('/noise'), b: setting.http('/noise') };
  const output = ['{{ nodes.a.output.body }}', '{{ nodes.b.output.body }}'];
  await setting.api.save({ name: 'before-the-end', nodes, output });
  const id = await setting.api.start('before-the-end');
  await setting.ended(id);
  // Its end is announced after it is written, and that is written too.
  await vi.waitFor(() => setting.endWasLost(id), WAIT);
  return id;
}
