import { expect, vi } from 'vitest';
import type { Seen } from './deliveries.ts';
import type { Setting } from './setting.ts';
import { NOISE } from './target.ts';

const WAIT = { timeout: 20_000, interval: 20 };
const LONG = { timeout: '5m' };

/** Messages that used up their deliveries. */
export async function bury(setting: Setting): Promise<void> {
  const ways = [dieOfIsolation, buryJoin, buryWhatIsRunning, buryBeforeAWait];
  await Promise.all(ways.map((way) => way(setting)));
}

/** Poison: it kills the worker that runs it, then every one that it is isolated for, and ends in the dead-letter queue. */
async function dieOfIsolation(setting: Setting): Promise<void> {
  const { api, deliveries, target } = setting;
  await api.save({ name: 'poison', nodes: { hang: setting.http('/hang/poison', [], LONG) } });
  const id = await api.start('poison');
  await vi.waitFor(() => expect(target.calls('/hang/poison')).toBe(1), WAIT);
  await setting.workerDied(id, 'hang');
  using _dies = deliveries.befalls('IsolatedWorker', 'fails', ({ ex }) => ex === id);
  await setting.send('QueuesWork', { ex: id, kind: 'recover' });
  expect(await setting.ended(id)).toMatchObject({ status: 'failed', error: { code: 'dispatch_dead' } });
  target.release('/hang/poison');
}

/**
 *    a ───────┐
 *             ├─ buried ── error ── told ──┬─ end
 *    person ──┴────────────────────────────┘
 *
 * What is told when it fails is large, and made of a large input.
 */
async function buryJoin(setting: Setting): Promise<void> {
  const { api, deliveries } = setting;
  const value = ['{{ input.noise }}', '{{ nodes.buried.error.code }}'];
  const nodes = {
    a: setting.http('/ok'),
    person: { type: 'approval' },
    buried: setting.http('/never', ['a', 'person']),
    told: { type: 'transform', needs: ['buried.error'], with: { value } },
    end: setting.http('/ok', ['told', 'person']),
  };
  await api.save({ name: 'join', nodes, output: '{{ nodes.told.output }}' });
  const isJoin = ({ node }: Seen) => node === 'buried';
  using _lost = deliveries.befalls('Worker', 'lost', isJoin);
  const id = await api.start('join', { input: { noise: [...NOISE] } });
  await setting.until(id, ({ progress }) => progress.succeeded === 1 && progress.waiting === 1);
  await setting.approve(id, 'person');
  await vi.waitFor(() => expect(deliveries.count(isJoin)).toBe(1), WAIT);
  await setting.send('QueuesDeadLetters', { ex: id, kind: 'node', node: 'buried', gen: 1 });
  expect(await setting.ended(id)).toMatchObject({
    status: 'succeeded',
    nodes: { buried: { error: { code: 'dispatch_dead' } } },
  });
}

/** Somebody may still run it: it is looked at again, alone, when his permission ends. */
async function buryWhatIsRunning(setting: Setting): Promise<void> {
  const { api, target } = setting;
  await api.save({ name: 'alive', nodes: { hang: setting.http('/hang/alive', [], LONG) } });
  const id = await api.start('alive');
  await vi.waitFor(() => expect(target.calls('/hang/alive')).toBe(1), WAIT);
  await setting.send('QueuesDeadLetters', { ex: id, kind: 'node', node: 'hang', gen: 1 });
  await vi.waitFor(async () => expect(await setting.countIn('QueuesDeadLetters')).toBe(0), WAIT);
  target.release('/hang/alive');
}

/** What the message should have led to is looked after, a timer of weeks included. */
async function buryBeforeAWait(setting: Setting): Promise<void> {
  const { api } = setting;
  const nodes = { a: setting.http('/ok'), wait: { type: 'wait', needs: ['a'], with: { duration: '30d' } } };
  await api.save({ name: 'before-a-wait', nodes });
  const id = await api.start('before-a-wait');
  await setting.until(id, ({ progress }) => progress.waiting === 1);
  await setting.send('QueuesDeadLetters', { ex: id, kind: 'node', node: 'a', gen: 1 });
  await vi.waitFor(async () => expect(await setting.countIn('QueuesDeadLetters')).toBe(0), WAIT);
}
