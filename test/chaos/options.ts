import { parseArgs } from 'node:util';

export interface Options {
  readonly kills: number;
  readonly executions: number;
  readonly seed: number;
  /**
   * `expire`: a lease of a killed stack lasts as long as it was given for, as on AWS. `told`: each start is told that the one
   * before is dead, as `npm start` knows of its own data folder; nothing then waits for a minute.
   */
  readonly leases: 'expire' | 'told';
  readonly json: boolean;
}

/** Below this a run is meant to be over soon. */
const EXPIRING_FROM_KILLS = 25;

export const USAGE = 'npm run chaos -- [--kills 100] [--executions 1000] [--seed 1] [--leases expire|told] [--json]';

/** What was asked for; a message for the user if that makes no sense. */
export function readOptions(args: readonly string[]): Options | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        kills: { type: 'string', default: '100' },
        executions: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        leases: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const kills = wholeNumber('kills', values.kills, 0, 10_000);
    return {
      kills,
      executions: wholeNumber('executions', values.executions, 1, 100_000),
      seed: wholeNumber('seed', values.seed, 0, 2 ** 31),
      leases: leasesOf(values.leases ?? (kills < EXPIRING_FROM_KILLS ? 'told' : 'expire')),
      json: values.json,
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

function leasesOf(text: string): Options['leases'] {
  if (text === 'expire' || text === 'told') return text;
  throw new Error(`--leases is "${text}"; it is "expire" or "told".`);
}
