import { parseArgs } from 'node:util';

export interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly exhaustive: boolean;
  /** Only this canonical DAG. */
  readonly dag?: string;
  /** Only this one trial of it, with its log. */
  readonly trial?: number;
  readonly recovery: 'redelivery' | 'sweeper';
  readonly processes?: number;
}

export const USAGE = `npm run sim -- [--runs 10000] [--seed 1] [--json] [--verbose] [--processes 2]
npm run sim -- --exhaustive [--dag <name>] [--json]
npm run sim -- --exhaustive --dag <name> --recovery redelivery|sweeper --trial <number>`;

/** What was asked for; a message for the user if that makes no sense. */
export function readOptions(args: readonly string[]): Options | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        runs: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        processes: { type: 'string' },
        dag: { type: 'string' },
        trial: { type: 'string' },
        recovery: { type: 'string', default: 'redelivery' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        exhaustive: { type: 'boolean', default: false },
      },
    });
    const { json, verbose, exhaustive, dag, recovery } = values;
    if (recovery !== 'redelivery' && recovery !== 'sweeper')
      throw new Error(`--recovery is "${recovery}"; it is redelivery or sweeper.`);
    const trial = values.trial === undefined ? undefined : wholeNumber('trial', values.trial, 0, 1_000_000);
    const processes = values.processes === undefined ? undefined : wholeNumber('processes', values.processes, 1, 64);
    return {
      runs: wholeNumber('runs', values.runs, 1, 100_000_000),
      seed: wholeNumber('seed', values.seed, 0, 2 ** 31),
      json,
      verbose,
      exhaustive,
      recovery,
      ...(trial !== undefined && { trial }),
      ...(dag !== undefined && { dag }),
      ...(processes !== undefined && { processes }),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`--${name} is "${text}"; it is a whole number from ${least} to ${most}.`);
  return value;
}
