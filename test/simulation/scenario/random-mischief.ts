import { isJsonObject } from '../../../shared/domain/json.ts';
import type { Random } from '../random.ts';
import type { Outage } from '../world/target.ts';
import type { NodeSpecs, Unreadable } from './scenario.ts';

const MINUTE_MS = 60_000;
const TARGETS = ['shop', 'bank'] as const;
/** So many attempts that they alone open a breaker. */
const DELAYS = [
  ['0s', '0s', '0s', '0s', '0s'],
  ['1s', '2s', '5s', '1m', '20m', '1h'],
];

/** Lets some tasks act on one of two targets that they share with others. */
export function withTargets(random: Random, nodes: NodeSpecs): NodeSpecs {
  const share = random.pick([0.4, 0.9]);
  const targets = random.chance(0.5) ? TARGETS : TARGETS.slice(0, 1);
  return Object.fromEntries(
    Object.entries(nodes).map(([id, spec]) => {
      if (spec['type'] !== 'task' || !random.chance(share)) return [id, spec];
      const given = isJsonObject(spec['with']) ? spec['with'] : {};
      const mayRepeat = spec['retry'] === undefined && spec['delivery'] === undefined && random.chance(0.7);
      const retry = mayRepeat ? { retry: { delays: random.pick(DELAYS) } } : {};
      return [id, { ...spec, ...retry, with: { ...given, target: random.pick(targets) } }];
    }),
  );
}

/** Lets some tasks see the execution's input. */
export function withInput(random: Random, nodes: NodeSpecs): NodeSpecs {
  return Object.fromEntries(
    Object.entries(nodes).map(([id, spec]) => {
      if (spec['type'] !== 'task' || !random.chance(0.3)) return [id, spec];
      const given = isJsonObject(spec['with']) ? spec['with'] : {};
      return [id, { ...spec, with: { ...given, asked: '{{ input }}' } }];
    }),
  );
}

/** When which target is down. */
export function randomOutages(random: Random): Outage[] {
  return TARGETS.flatMap((target) => {
    if (random.chance(0.2)) return [];
    const fromMs = random.pick([0, 0, random.between(0, 20_000), random.between(0, 10 * MINUTE_MS)]);
    const lastsMs = random.pick([3_000, MINUTE_MS, 5 * MINUTE_MS, 40 * MINUTE_MS]);
    return [{ target, fromMs, toMs: fromMs + lastsMs }];
  });
}

/** No JSON, no message, one of a newer deployment. */
const BODIES = [
  'not JSON',
  '{}',
  '[1]',
  '{"v":2,"ws":"alpha","ex":"ex1","kind":"recover"}',
  '{"v":1,"ws":"alpha","ex":"ex1","kind":"dance"}',
  '{"v":2,"ws":"alpha","ex":"ex1","kind":"node","node":"n0","gen":1,"lane":"fast"}',
] as const;

export function randomUnreadable(random: Random): Unreadable[] {
  return Array.from({ length: random.between(1, 3) }, () => ({
    atMs: random.between(0, random.pick([100, 5_000, 10 * MINUTE_MS])),
    queue: random.pick(['work', 'work', 'isolated', 'dead'] as const),
    body: random.pick(BODIES),
  }));
}
