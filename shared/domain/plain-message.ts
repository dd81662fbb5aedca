import type * as z from 'zod';

const NAMES: Readonly<Record<string, string>> = {
  record: 'map',
  object: 'map',
  array: 'list',
  boolean: 'bool',
  undefined: 'nothing',
};

/** What is wrong, in the words of somebody who writes YAML rather than zod: `must be a list, is a string`. */
export function plainMessage(issue: z.core.$ZodIssue): string {
  const match = /^Invalid input: expected (\w+), received (\w+)/.exec(issue.message);
  if (match === null)
    return issue.message.replace(/^Invalid option: expected one of /, 'must be one of ').replaceAll('"|"', '", "');
  const [wanted = '', given = ''] = match.slice(1).map((name) => NAMES[name] ?? name);
  return given === 'nothing' ? `is required: a ${wanted}` : `must be a ${wanted}, is a ${given}`;
}
