import type { Mutant } from './mutant.ts';
import { PERMISSIONS_AND_ENDS } from './permissions-and-ends.ts';
import { WAYS_BACK } from './ways-back.ts';
import { WRITES_AND_MESSAGES } from './writes-and-messages.ts';

/** Bugs that orchestrators have had, or nearly: each must be found by the simulator. */
export const MUTANTS: readonly Mutant[] = [...WRITES_AND_MESSAGES, ...PERMISSIONS_AND_ENDS, ...WAYS_BACK];
