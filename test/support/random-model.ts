import type { ModelNode } from './join-oracle.ts';
import { seededRandom } from './orders.ts';

/** A random workflow of up to `sizeMax` nodes in which every word of the contract's "Needs, edges, joins" occurs. */
export function randomModel(seed: number, sizeMax: number): ModelNode[] {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const size = 2 + Math.floor(random() * (sizeMax - 1));
  const model: ModelNode[] = [];

  const needOf = (source: ModelNode): string => {
    const names = [
      ...(source.onError === undefined ? ['error', ...Object.keys(source.catch ?? {})] : []),
      ...(source.kind === 'condition' ? ['yes', 'no', 'yes', 'no'] : []),
    ];
    return names.length > 0 && chance(source.kind === 'condition' ? 0.75 : 0.35)
      ? `${source.id}.${pick(names)}`
      : source.id;
  };
  for (let at = 0; at < size; at += 1) {
    const kind = pick(['task', 'task', 'task', 'transform', 'condition', 'pass'] as const);
    const count = at === 0 ? 0 : Math.min(at, pick([0, 1, 1, 1, 2, 2, 3]));
    const needs = new Set<string>();
    while (needs.size < count) needs.add(needOf(pick(model)));
    const plain = [...needs].filter((need) => !need.includes('.')).length;
    const mixed = plain > 0 && plain < needs.size;
    model.push({
      id: `n${at}`,
      kind,
      ...(needs.size > 0 && { needs: [...needs] }),
      ...((mixed || chance(0.6)) && { join: pick(['merge', 'all', 'first', 'always'] as const) }),
      ...(chance(0.2) && { if: pick(['true', 'true', 'false', 'error'] as const) }),
      ...(chance(0.2) && { onError: 'continue' as const }),
      ...(chance(0.3) && { catch: { named: ['boom', 'no_branch'], other: ['expression_failed', 'http_4xx'] } }),
      ...(chance(0.35) && { fails: pick(['boom', 'bang']) }),
      ...(kind === 'condition' && { branch: pick(['yes', 'no'] as const) }),
      ...(chance(0.2) && { long: true }),
    });
  }
  return model.map((node) => (node.kind === 'task' ? node : { ...node, long: false }));
}
