import type { StoredExecution } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import type { HeaderSummary } from '../../shared/adapters/aws/dynamo/header-items.ts';
import type { ExecutionBody, ExecutionItem, NodeBody } from '../../shared/contracts/schemas.ts';
import { computeFrontier, recordFinder, type Frontier, type Standing } from '../../shared/domain/execution/frontier.ts';
import { runOf } from '../../shared/domain/execution/generation.ts';
import { countProgress, NO_PROGRESS, nodeStatus, type View } from '../../shared/domain/execution/progress.ts';
import { isTerminal, type Header } from '../../shared/domain/execution/records.ts';
import { handlingOf } from '../../shared/domain/execution/settled.ts';
import type { Failure } from '../../shared/domain/failure.ts';
import { LIMITS } from '../../shared/domain/limits.ts';
import { toRfc3339 } from '../../shared/domain/time.ts';
import { isVirtual, type Plan, type PlanNode } from '../../shared/domain/workflow/plan.ts';
import { StoredDefinitionError } from '../../shared/engine/stored-definition-error.ts';
import type { Usage } from '../../shared/metering/usage.ts';
import type { App } from '../runtime/bootstrap.ts';
import { costBody } from './cost-view.ts';

/** 2,000 nodes that failed with the longest messages are more than Lambda's 6 MB, into which the text goes escaped once more. */
const PAGE_BYTES_MAX = 2_500_000;
/** No node without an error takes more; thousands of them are not weighed one by one. */
const PLAIN_NODE_BYTES = 512;

export type NodeFilter = 'none' | 'unfinished' | 'failed' | 'all';

export function executionItem(header: HeaderSummary): ExecutionItem {
  return {
    id: header.execution,
    workflow: header.workflow,
    version: header.version,
    generation: header.gen,
    status: header.status,
    ...(header.reason !== undefined && { reason: header.reason }),
    ...(Object.keys(header.tags).length > 0 && { tags: header.tags }),
    createdAt: toRfc3339(header.createdAt),
    ...(header.startedAt !== undefined && { startedAt: toRfc3339(header.startedAt) }),
    ...(header.endedAt !== undefined && { endedAt: toRfc3339(header.endedAt) }),
  };
}

/** Everything the API derives from the records of one execution. */
export interface ExecutionView {
  readonly header: Header;
  readonly plan: Plan;
  readonly frontier: Frontier;
  readonly view: View;
}

export async function viewOf(app: App, { header, records }: StoredExecution): Promise<ExecutionView> {
  const { plans, clock, leaseEpoch } = app.engine;
  const stored = await plans.load(header.workspace, header.workflow, header.version);
  const { plan, generation } = runOf(stored, header);
  const recordOf = recordFinder(records.nodes, ({ index }) => generation(index), header.repair !== undefined);
  const frontier = computeFrontier(plan, recordOf);
  const view = { now: clock.now(), leaseEpoch, terminal: isTerminal(header.status) };
  return { header, plan, frontier, view };
}

/** The execution as the API shows it; `next` is where the following page of nodes begins. */
export async function executionBody(
  app: App,
  execution: StoredExecution,
  which: NodeFilter,
  from: number,
): Promise<{ readonly body: Omit<ExecutionBody, 'nodesCursor'>; readonly next: number | undefined }> {
  const { header, usage } = execution;
  const isEnough = which === 'none' && header.progress !== undefined;
  const loaded = isEnough ? undefined : await viewOf(app, execution).catch(unlessUnrunnable);
  if (loaded === undefined) return { body: bodyOf(header, header.progress ?? NO_PROGRESS, usage, {}), next: undefined };
  const { plan, frontier, view } = loaded;
  const progress = header.progress ?? countProgress(plan, frontier.standings, view);
  const nodes: Record<string, NodeBody> = {};
  let shown = 0;
  let bytes = 0;
  for (let index = which === 'none' ? plan.nodes.length : from; index < plan.nodes.length; index += 1) {
    const node = plan.nodes[index];
    if (node === undefined || isVirtual(node)) continue;
    const body = nodeBody(loaded, node);
    if (!isWanted(body, which)) continue;
    bytes += body.error === undefined ? PLAIN_NODE_BYTES : Buffer.byteLength(JSON.stringify(body));
    if (shown === LIMITS.nodesPageMax || bytes > PAGE_BYTES_MAX)
      return { body: bodyOf(header, progress, usage, nodes), next: index };
    nodes[node.id] = body;
    shown += 1;
  }
  return { body: bodyOf(header, progress, usage, nodes), next: undefined };
}

/** An execution whose definition this deployment cannot run is shown without its nodes: only a plan says what they are. */
function unlessUnrunnable(error: unknown): undefined {
  if (!(error instanceof StoredDefinitionError)) throw error;
}

function isWanted({ status }: NodeBody, which: NodeFilter): boolean {
  if (which === 'failed') return status === 'failed';
  return which === 'all' || !['succeeded', 'failed', 'skipped', 'cancelled'].includes(status);
}

function bodyOf(
  header: Header,
  progress: ExecutionBody['progress'],
  usage: Usage,
  nodes: Record<string, NodeBody>,
): Omit<ExecutionBody, 'nodesCursor'> {
  const { error } = header;
  return {
    ...executionItem(header),
    ...(error !== undefined && {
      error: { ...(error.node !== undefined && { node: error.node }), ...errorBody(error) },
    }),
    ...(header.stop?.status === 'cancelled' && { cancelRequestedAt: toRfc3339(header.stop.at) }),
    progress,
    cost: costBody(usage),
    nodes,
  };
}

export function errorBody({ code, category, message, retryable, details }: Failure) {
  return { code, category, message, retryable, ...(details !== undefined && { details }) } as NonNullable<
    NodeBody['error']
  >;
}

export function nodeBody({ plan, frontier, view }: ExecutionView, node: PlanNode): NodeBody {
  const standing = frontier.standings[node.index] ?? { at: 'undecided' };
  const root = frontier.standings[node.unit];
  return {
    type: node.type,
    status: nodeStatus(plan, frontier.standings, node, view),
    attempts: 0,
    ...settledParts(node, standing, root),
    ...openParts(standing, view),
  };
}

function settledParts(node: PlanNode, standing: Standing, root: Standing | undefined): Partial<NodeBody> {
  if (standing.at !== 'settled') return {};
  const { settled } = standing;
  if (settled.status === 'skipped') return { reason: settled.reason };
  const record = standing.record ?? (root?.at === 'settled' ? root.record : undefined);
  if (record === undefined) return {};
  const isRoot = standing.record !== undefined;
  return {
    // A pure node is computed once, in the instant in which the effect before it was committed.
    attempts: isRoot ? record.attempt : 1,
    startedAt: toRfc3339(isRoot ? record.startedAt : record.endedAt),
    endedAt: toRfc3339(record.endedAt),
    ...(settled.status === 'failed' && { error: errorBody(settled.error) }),
    ...(settled.status === 'failed' && handlingOf(node, settled.error).kind === 'tolerated' && { tolerated: true }),
  };
}

function openParts(standing: Standing, view: View): Partial<NodeBody> {
  if (standing.at !== 'open') return {};
  const { record } = standing;
  const last = record.attempts.at(-1)?.error;
  const base = {
    attempts: record.attempt,
    startedAt: toRfc3339(record.startedAt),
    ...(last !== undefined && { error: errorBody(last) }),
  };
  if (view.terminal) return base;
  if (record.status === 'retrying')
    return { ...base, attempts: record.attempt - 1, nextAttemptAt: toRfc3339(record.due) };
  if (record.status === 'waiting') {
    const { due } = record.wait;
    return { ...base, waitingFor: record.wait.for, ...(due !== undefined && { until: toRfc3339(due) }) };
  }
  return base;
}
