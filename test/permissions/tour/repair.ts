import { expect } from 'vitest';
import type { Setting } from './setting.ts';

const NAMES = ['replayed', 'redriven', 'bulk', 'late', 'dropped'] as const;
type Name = (typeof NAMES)[number];

/** Targets that refuse, and what people do about it afterwards: one by one, and all at once. */
export async function repair(setting: Setting): Promise<void> {
  const { api } = setting;
  const ids = new Map<Name, string>();
  for (const name of NAMES) {
    const nodes = { a: setting.http('/ok'), b: setting.http(`/broken/${name}`, ['a']), c: setting.http('/ok', ['b']) };
    await api.save({ name, nodes });
    ids.set(name, await api.start(name));
  }
  for (const id of ids.values()) expect((await setting.ended(id)).status).toBe('failed');
  await setting.ask('GET', '/v1/dead-letters/stats');
  const letterOf = async (name: Name): Promise<string> => {
    const { items } = await setting.ask('GET', `/v1/dead-letters?workflow=${name}`);
    return items[0].id as string;
  };
  const dropped = `/v1/dead-letters/${await letterOf('dropped')}`;
  await setting.ask('GET', dropped);
  await setting.ask('DELETE', dropped);

  setting.target.mend();
  await setting.ask('POST', `/v1/dead-letters/${await letterOf('replayed')}/replay`);
  await setting.ask('POST', `/v1/executions/${ids.get('redriven')}/redrive`);
  const replayAll = (workflow: Name) => setting.ask('POST', '/v1/dead-letters/replay', { filter: { workflow } });
  const mended = (name: Name) => setting.until(ids.get(name) ?? '', ({ status }) => status === 'succeeded');
  await replayAll('bulk');
  await Promise.all([mended('replayed'), mended('redriven'), mended('bulk')]);
  // The message of a bulk replay can die too: then whoever buries it goes on with it.
  using _dies = setting.deliveries.befalls('Worker', 'fails', ({ kind }) => kind === 'replay');
  await replayAll('late');
  await mended('late');
}
