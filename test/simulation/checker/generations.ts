import type { Header } from '../../../shared/domain/execution/records.ts';
import type { Books } from './books.ts';

type NumberedHeader = Pick<Header, 'gen' | 'repair'>;

/**
 * The generation of each node, as the header has it after redrives. Where the plan's ids are not known, what the header
 * says in indices cannot be read; then it is that of the node's latest record.
 */
export function generationsOf(
  { gen, repair }: NumberedHeader,
  ids: readonly string[] | undefined,
  books: Books,
): (node: string) => number {
  if (repair === undefined) return () => 1;
  const generations = new Map<string, number>();
  if (ids !== undefined) {
    for (const { number, nodes } of repair.generations) {
      for (const index of nodes) generations.set(ids[index] ?? '', number);
    }
    return (node) => generations.get(node) ?? 1;
  }
  for (const record of books.records) {
    const results = 'pure' in record ? Object.keys(record.pure) : [];
    for (const id of [record.node, ...results]) generations.set(id, Math.max(record.gen, generations.get(id) ?? 0));
  }
  return (node) => generations.get(node) ?? gen;
}
