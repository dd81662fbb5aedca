import type { Header } from '../../../shared/domain/execution/records.ts';
import type { Books } from './books.ts';
import type { Effect, ExecutionEvidence } from './evidence.ts';
import type { Watcher } from './replay.ts';
import type { View } from './view.ts';

/** An effect with what is known of the run that it belongs to. */
export interface PlacedEffect {
  readonly effect: Effect;
  readonly gen: number;
  /** As they were when it began; undefined where that is not known any more. */
  readonly header?: Header;
  readonly generation?: (node: string) => number;
}

/** Places effects by the log. */
export function watchPlaces(places: Map<Effect, PlacedEffect>): Watcher {
  return {
    onEffect: (effect, { view, header, books, planIds }) => {
      if (view === undefined || header === undefined) return;
      const { generation } = view;
      const now = generation(effect.node);
      const earlier = hasOlderKey(effect, header, planIds) ? generationBefore(now, effect.node, books) : undefined;
      places.set(effect, { effect, gen: earlier ?? now, header, generation });
    },
  };
}

/** A worker that was late carries out what the generation before had let it; its key gives it away if it has grown since. */
function hasOlderKey({ key, node }: Effect, { repair }: Header, planIds: readonly string[] | undefined): boolean {
  const index = planIds?.indexOf(node) ?? -1;
  const current = repair?.keys.find(({ nodes }) => nodes.includes(index))?.number ?? 1;
  return Number(key.slice(key.lastIndexOf(':') + 1)) < current;
}

function generationBefore(gen: number, node: string, books: Books): number | undefined {
  for (let before = gen - 1; before > 0; before -= 1) if (books.entry(before, node) !== undefined) return before;
  return undefined;
}

/** Where the log does not tell: the latest generation of the node that had begun by then. */
export function placeByTime(
  execution: ExecutionEvidence,
  header: Header,
  view: View | undefined,
  effect: Effect,
): PlacedEffect {
  if (header.repair === undefined)
    return { effect, gen: 1, header, ...(view !== undefined && { generation: view.generation }) };
  const begun = execution.nodes.filter(({ node, startedAt }) => node === effect.node && startedAt <= effect.startedAt);
  return { effect, gen: begun.reduce((most, { gen }) => Math.max(most, gen), 1) };
}

/** Effects by node and generation, in the order in which they began. */
export function byNodeAndGeneration(placed: readonly PlacedEffect[]): Map<string, Map<number, Effect[]>> {
  const nodes = new Map<string, Map<number, Effect[]>>();
  for (const { effect, gen } of placed) {
    const generations = nodes.get(effect.node) ?? new Map<number, Effect[]>();
    nodes.set(effect.node, generations);
    const effects = generations.get(gen);
    if (effects === undefined) generations.set(gen, [effect]);
    else effects.push(effect);
  }
  return nodes;
}
