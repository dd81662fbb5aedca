import { listed } from './resource-list.ts';
import type { DeployedStack, Fate } from './stack-state.ts';
import { BUCKET, standingOf } from './stack-state.ts';

const KEY = 'AWS::KMS::Key';

/** What holds data: named one by one, where the rest is only counted. */
const HOLDS_DATA: ReadonlySet<string> = new Set([
  'AWS::DynamoDB::Table',
  BUCKET,
  'AWS::SQS::Queue',
  KEY,
  'AWS::Logs::LogGroup',
]);

/** What a deployment will do. */
export function deployProspect(stack: DeployedStack | undefined): string {
  const standing = stack === undefined ? undefined : standingOf(stack.status);
  if (standing === undefined) return 'The stack will be created.';
  if (standing === 'shell') return 'The stack will be created: an earlier deployment prepared it and went no further.';
  if (standing === 'rolled-back')
    return 'The first deployment failed and was undone: its remains will be deleted, and the stack created anew.';
  return 'The stack will be brought up to date.';
}

/** What a destruction will do: what goes, and what stays. */
export function destroyProspect({ goes, stays }: Fate, terminationProtection: boolean): string {
  const data = goes.filter(({ type }) => HOLDS_DATA.has(type));
  return [
    ...(terminationProtection ? ['The protection against deletion will be lifted first.'] : []),
    `What goes, for good: ${plural(goes.length, 'resource')}${data.length === 0 ? '.' : ', and what these hold:'}`,
    ...listed(data, ({ type }) => (type === BUCKET ? 'emptied first' : type === KEY ? 'after its waiting period' : '')),
    stays.length === 0
      ? 'What stays: nothing.'
      : `What stays, and costs what it costs: ${plural(stays.length, 'resource')}:`,
    ...listed(stays),
  ].join('\n');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
