/**
 * The two tables of contract §2 "Needs, edges, joins" and its sentences on error branches, written down from the contract
 * alone. Shares no code with the engine: what is wrong there must not be wrong here in the same way.
 */
export type EdgeState = 'live' | 'dead' | 'failed';
export type JoinDecision = 'run' | 'skip' | 'blocked';
export type JoinRule = 'merge' | 'all' | 'first' | 'always';

export interface TableNode {
  readonly id: string;
  readonly catch?: Readonly<Record<string, readonly string[]>>;
  readonly onError?: string;
}

export interface TableEnd {
  readonly status: 'succeeded' | 'failed' | 'skipped';
  readonly reason?: 'branch' | 'if' | 'upstream_failed';
  readonly branch?: string;
  readonly code?: string;
  readonly category?: string;
}

/** First table: the state of an edge once its source has ended. `needs`: every need of the workflow, as written. */
export function edgeState(need: string, source: TableNode, end: TableEnd, needs: ReadonlySet<string>): EdgeState {
  const name = branchOf(need);
  const isError = name === 'error' || (name !== undefined && source.catch?.[name] !== undefined);
  if (end.status === 'succeeded') {
    if (isError) return 'dead';
    return name === undefined || name === end.branch ? 'live' : 'dead';
  }
  if (end.status === 'failed') {
    if (isCaught(source, end, needs)) return isError && name === errorBranch(source, end) ? 'live' : 'dead';
    if (source.onError === 'continue') return name === undefined ? 'live' : 'dead';
    return isError ? 'dead' : 'failed';
  }
  if (end.reason === 'upstream_failed') return isError ? 'dead' : 'failed';
  return 'dead';
}

/** "A failure is caught if an edge that takes its code exists." */
export function isCaught(
  source: TableNode,
  failed: Pick<TableEnd, 'code' | 'category'>,
  needs: ReadonlySet<string>,
): boolean {
  return needs.has(`${source.id}.${errorBranch(source, failed)}`);
}

/** "`a.error` takes every code not named." A code may be named by itself, by its class (`http_4xx`) or by its category. */
function errorBranch(source: TableNode, { code, category }: Pick<TableEnd, 'code' | 'category'>): string {
  const lists = Object.entries(source.catch ?? {});
  const httpClass = /^http_(\d)\d\d$/.exec(code ?? '')?.[1];
  for (const word of [code, httpClass === undefined ? undefined : `http_${httpClass}xx`, category]) {
    const taking = word === undefined ? undefined : lists.find(([, words]) => words.includes(word));
    if (taking !== undefined) return taking[0];
  }
  return 'error';
}

/** Second table; undefined while it cannot be told. "Decides when all edges have settled (`first`: at the first live one)". */
export function joinDecision(join: JoinRule, states: readonly (EdgeState | undefined)[]): JoinDecision | undefined {
  if (states.length === 0) return 'run';
  const live = states.includes('live');
  if (join === 'first' && live) return 'run';
  if (states.includes(undefined)) return undefined;
  const dead = states.includes('dead');
  const failed = states.includes('failed');
  const column = { merge: 0, all: 1, first: 2, always: 3 }[join];
  if (live && !dead && !failed) return 'run';
  if (live && dead && !failed) return (['run', 'skip', 'run', 'run'] as const)[column];
  if (!live && dead && !failed) return 'skip';
  if (live && failed) return (['blocked', 'blocked', 'run', 'run'] as const)[column];
  return (['blocked', 'blocked', 'blocked', 'run'] as const)[column];
}

/** The node that a need names. */
export function sourceOf(need: string): string {
  const dot = need.indexOf('.');
  return dot === -1 ? need : need.slice(0, dot);
}

function branchOf(need: string): string | undefined {
  const dot = need.indexOf('.');
  return dot === -1 ? undefined : need.slice(dot + 1);
}
