import type { FaultEvidence } from '../simulation/checker/evidence.ts';
import type { LedgerEntry } from './effect-ledger.ts';
import type { Write } from './write-log.ts';

export interface Repetitions {
  /** Effects beyond the first of an attempt. */
  readonly extraEffects: number;
  /** Pairs of an effect and a fault that hit it after it had begun and before what came of it was committed. */
  readonly faultsBetween: number;
}

/** How often the target was asked again for what it had been asked, and how often there was a reason to. */
export function repetitions(
  effects: readonly LedgerEntry[],
  writes: readonly Write[],
  faults: readonly FaultEvidence[],
): Repetitions {
  const attempts = new Set(effects.map(({ execution, node, gen, attempt }) => [execution, node, gen, attempt].join()));
  const commits = Map.groupBy(
    writes.filter(({ item }) => item?.['status']?.S !== 'running'),
    ({ execution, sk }) => `${execution} ${sk}`,
  );
  const repeating = faults.filter(({ repeats }) => repeats === true);
  const everywhere = repeating.filter(({ execution }) => execution === undefined);
  const own = Map.groupBy(repeating, ({ execution }) => execution);
  let faultsBetween = 0;
  for (const { execution, node, gen, startedAt } of effects) {
    const settled = commits.get(`${execution} N#${gen}#${node}`)?.find(({ at }) => at >= startedAt);
    const until = settled?.at ?? Infinity;
    const candidates = [...everywhere, ...(own.get(execution) ?? [])];
    faultsBetween += candidates.filter(({ at }) => at >= startedAt && at <= until).length;
  }
  return { extraEffects: effects.length - attempts.size, faultsBetween };
}
