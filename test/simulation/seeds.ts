import { Random } from './random.ts';
import { randomScenario } from './scenario/random-scenario.ts';
import { simulate, type Run } from './run.ts';
import { RandomFaults } from './world/random-faults.ts';

/** One seed: a scenario, what goes wrong in it, and in which order things happen. */
export function runSeed(seed: number, keepLog = false): Promise<Run> {
  const random = new Random(seed);
  const scenario = randomScenario(random.stream('scenario'));
  return simulate(scenario, {
    random,
    // A copy that does not know of the others may delete their message: the way back from there is the sweeper's.
    faults: (now) => new RandomFaults(random.stream('faults'), now, scenario.sweeper),
    keepLog,
  });
}
