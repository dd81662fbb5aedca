import { at } from '../at.ts';
import { regenerate } from '../workflow/regenerate.ts';
import type { Plan } from '../workflow/plan.ts';
import type { Header, Repair, Stored } from './records.ts';

export const FIRST_GENERATION = 1;

/** A plan as one execution runs it, with what its redrives made of each node. */
export interface Run {
  readonly plan: Plan;
  /** The effective generation of a node: that of the last redrive that reset it. It is part of all its keys. */
  readonly generation: (index: number) => number;
  /** The last part of a node's idempotency key: grows when what a target was told is not to be told again. */
  readonly keyNumber: (index: number) => number;
}

/** Without redrives — nearly always — this costs nothing. */
export function runOf(plan: Plan, { repair, gen }: Pick<Header, 'repair' | 'gen'>): Run {
  if (repair === undefined) return { plan, generation: () => FIRST_GENERATION, keyNumber: () => 1 };
  const generations = numbersOf(plan, repair.generations);
  generations[plan.end] = gen;
  const keys = numbersOf(plan, repair.keys);
  const generation = (index: number) => at(generations, index);
  return { plan: regenerate(plan, generation), generation, keyNumber: (index) => at(keys, index) };
}

function numbersOf(plan: Plan, numbered: Repair['generations']): number[] {
  const numbers = plan.nodes.map(() => 1);
  for (const { number, nodes } of numbered) for (const index of nodes) numbers[index] = number;
  return numbers;
}

/** The input that nodes of this generation see: a redrive may have replaced it for those that it reset. */
export function inputOf({ input, redrives }: Pick<Header, 'input' | 'redrives'>, generation: number): Stored {
  return redrives.findLast((redrive) => redrive.gen <= generation && redrive.input !== undefined)?.input ?? input;
}

/** The version that nodes of this generation ran as. */
export function versionAt({ version, redrives }: Pick<Header, 'version' | 'redrives'>, generation: number): number {
  if (generation === FIRST_GENERATION) return redrives[0]?.after.version ?? version;
  return redrives.find(({ gen }) => gen === generation)?.version ?? version;
}
