import type { FaultEvidence } from '../simulation/checker/evidence.ts';
import type { LedgerEntry } from './effect-ledger.ts';
import type { Write } from './write-log.ts';

export interface Repetitions {
  /** Effects beyond the first of an attempt. */
  readonly extraEffects: number;
  /** Effects that a fault hit after they had begun, and before what came of them was committed or they were repeated. */
  readonly hitEffects: number;
}

/** How often the target was asked again for what it had been asked, and how often there was a reason to. */
export function repetitions(
  effects: readonly LedgerEntry[],
  writes: readonly Write[],
  faults: readonly FaultEvidence[],
): Repetitions {
  const attempts = Map.groupBy(effects, ({ execution, node, gen, attempt }) => [execution, node, gen, attempt].join());
  const commits = Map.groupBy(
    writes.filter(({ item }) => item?.['status']?.S !== 'running'),
    ({ execution, sk }) => `${execution} ${sk}`,
  );
  const repeating = faults.filter(({ repeats }) => repeats === true);
  const everywhere = repeating.filter(({ execution }) => execution === undefined);
  const own = Map.groupBy(repeating, ({ execution }) => execution);
  const isHit = ({ execution, node, gen, startedAt }: LedgerEntry, next: LedgerEntry | undefined): boolean => {
    const committed = commits.get(`${execution} N#${gen}#${node}`)?.find(({ at }) => at >= startedAt)?.at;
    const until = Math.min(committed ?? Infinity, next?.startedAt ?? Infinity);
    const candidates = [...everywhere, ...(own.get(execution) ?? [])];
    return candidates.some(({ at }) => at >= startedAt && at <= until);
  };
  const hitEffects = [...attempts.values()]
    .flatMap((same) => same.map((effect, nth) => isHit(effect, same[nth + 1])))
    .filter(Boolean).length;
  return { extraEffects: effects.length - attempts.size, hitEffects };
}
