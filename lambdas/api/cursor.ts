import { ApiProblem } from './api-problem.ts';
import type { TokenSigner } from './signed-token.ts';

/** A cursor belongs to the workspace, the operation and the filters that it was made for. */
export interface CursorScope {
  readonly workspace: string;
  readonly operation: string;
  /** What must be the same on the next page; `limit` and the cursor itself are not part of it. */
  readonly filters: Readonly<Record<string, unknown>>;
}

export function makeCursor(signer: TokenSigner, scope: CursorScope, position: string): string {
  return signer.sign(purpose(scope), position);
}

export function readCursor(
  signer: TokenSigner,
  scope: CursorScope,
  cursor: string | undefined,
  parameter = 'cursor',
): string | undefined {
  if (cursor === undefined) return undefined;
  const position = signer.open(purpose(scope), cursor);
  if (position !== undefined) return position;
  const message = 'is not a cursor of this list with these filters; start from the first page';
  throw new ApiProblem('validation_failed', 'the cursor is not valid', {
    problems: [{ code: 'malformed', path: `/query/${parameter}`, message }],
  });
}

function purpose({ workspace, operation, filters }: CursorScope): string {
  const same = Object.entries(filters).filter(
    ([name, value]) => value !== undefined && !['limit', 'cursor', 'nodesCursor'].includes(name),
  );
  return `cursor\n${workspace}\n${operation}\n${JSON.stringify(same.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}
