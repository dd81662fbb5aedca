import type { Effort } from './harness/effort.ts';

export interface Options {
  readonly json: boolean;
  readonly effort: Effort;
}

const FLAGS: ReadonlySet<string> = new Set(['--json', '--quick']);

/** What was asked for, or one sentence about what makes no sense. */
export function readOptions(args: readonly string[]): Options | { readonly problem: string } {
  const unknown = args.find((arg) => !FLAGS.has(arg));
  if (unknown !== undefined)
    return { problem: `'${unknown}' is nothing that the bench knows: it takes --json and --quick.` };
  return { json: args.includes('--json'), effort: args.includes('--quick') ? 'quick' : 'full' };
}
