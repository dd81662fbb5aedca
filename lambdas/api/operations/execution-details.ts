import type { StoredExecution } from '../../../shared/adapters/aws/dynamo/execution-store.ts';
import type { AttemptBody, HistoryItem, NodeDetail } from '../../../shared/contracts/schemas.ts';
import { versionAt } from '../../../shared/domain/execution/generation.ts';
import type { NodeRecord } from '../../../shared/domain/execution/records.ts';
import { isSettledRecord, type Header } from '../../../shared/domain/execution/records.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { toRfc3339 } from '../../../shared/domain/time.ts';
import { isVirtual, nodeAt, type PlanNode } from '../../../shared/domain/workflow/plan.ts';
import { resolveWith } from '../../../shared/engine/resolve-with.ts';
import { idempotencyKey } from '../../../shared/engine/evaluate-pure.ts';
import { jsonBytes } from '../../../shared/engine/json-bytes.ts';
import type { Session } from '../../../shared/engine/session.ts';
import { openSession } from '../../../shared/engine/open-session.ts';
import type * as z from 'zod';
import { ApiProblem, notFound } from '../api-problem.ts';
import { callbackToken } from '../callback-token.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { errorBody, nodeBody, viewOf } from '../execution-view.ts';
import { historyOf } from '../history-view.ts';
import { json, param, type Operation, type OperationContext } from '../operation.ts';

/** Lambda answers with at most 6 MB; larger results are read node by node, and a node's output alone always fits. */
const ANSWER_BYTES_MAX = 5_500_000;

async function executionOf(context: OperationContext, depth: 'statuses' | 'outputs'): Promise<StoredExecution> {
  const id = param(context, 'id');
  const execution = await context.reader[depth]({ workspace: context.workspace, execution: id });
  if (execution === undefined) throw notFound(`execution '${id.slice(0, 64)}'`);
  return execution;
}

export const getResults: Operation = async (context) => {
  const execution = await executionOf(context, 'outputs');
  const { header, plan, frontier } = await viewOf(context.app, execution);
  const outputs: Record<string, Json> = {};
  for (const node of plan.nodes) {
    const standing = frontier.standings[node.index];
    if (isVirtual(node) || standing?.at !== 'settled' || standing.settled.status !== 'succeeded') continue;
    outputs[node.id] =
      (standing.record === undefined || node.kind === 'pure' ? standing.settled.output : standing.record.output) ??
      null;
  }
  const output = header.output === undefined ? undefined : await context.app.executions.load(header.output);
  const body = { outputs, ...(output !== undefined && { output }) };
  if (jsonBytes(body) > ANSWER_BYTES_MAX) {
    throw new ApiProblem(
      'too_large',
      'the outputs together are larger than one answer can be; read them one by one: GET /v1/executions/{id}/nodes/{node}',
    );
  }
  return json(200, body);
};

export const getHistory: Operation = async (context) => {
  const { header, records } = await executionOf(context, 'statuses');
  const signer = await context.signer();
  const scope = { workspace: context.workspace, operation: `getHistory\n${header.execution}`, filters: context.query };
  const from = Number(readCursor(signer, scope, context.query['cursor'] as string | undefined) ?? 0);
  const limit = (context.query['limit'] as number | undefined) ?? LIMITS.listPageDefault;
  const all: readonly HistoryItem[] = historyOf(header, records.nodes);
  const items = all.slice(from, from + limit);
  const more = from + limit < all.length || header.endedAt === undefined;
  return json(200, {
    items,
    ...(more && items.length > 0 && { cursor: makeCursor(signer, scope, String(from + items.length)) }),
  });
};

export const getNode: Operation = async (context) => {
  const { app, workspace } = context;
  const execution = await executionOf(context, 'statuses');
  const id = param(context, 'node');
  const view = await viewOf(app, execution);
  const { header } = execution;
  const index = view.plan.indexOf.get(id);
  const node = index === undefined ? undefined : nodeAt(view.plan, index);
  if (node === undefined || isVirtual(node)) throw notFound(`node '${id.slice(0, 64)}' in this execution`);
  const session = await openSession(
    app.engine,
    { ws: workspace, ex: header.execution },
    { id: context.requestId, receiveCount: 1, isolated: false },
    0,
    false,
  );
  if (session === undefined) throw notFound(`execution '${header.execution}'`);
  const root = nodeAt(view.plan, node.unit);
  const recordOf = session.recordLookup(execution.records.nodes);
  const held = recordOf(node) ?? recordOf(root);
  const record = held === undefined ? undefined : await app.executions.readNode(header, held);
  const { attempts: _count, ...body } = nodeBody(view, node);
  const detail: NodeDetail = {
    node: id,
    generation: session.generation(node),
    ...body,
    idempotencyKey: idempotencyKey(session, node),
    ...(record !== undefined && (await valuesOf(session, node, record))),
    attempts: record === undefined ? [] : attemptsOf(node, record),
    ...(body.waitingFor === 'callback' && { callback: await callbackOf(context, header, session, node) }),
  };
  return json(200, detail);
};

/** What the node was given and what it gave: its `with` is evaluated again, from the same committed data. */
async function valuesOf(
  session: Session,
  node: PlanNode,
  record: NodeRecord,
): Promise<Pick<NodeDetail, 'with' | 'output'>> {
  session.learnRecord(record);
  const output = isSettledRecord(record)
    ? node.kind === 'pure'
      ? pureOutput(record, node)
      : record.output
    : undefined;
  const ended = session.settledAt(node.index);
  // A member that its unit skipped was given nothing.
  if (node.kind === 'pure' && ended === undefined) return {};
  const gave = output === undefined ? {} : { output };
  // What it was given was written in another version, which is not at hand.
  if (versionAt(session.header, session.generation(node)) !== session.header.version) return gave;
  const startedAt = node.kind === 'pure' && isSettledRecord(record) ? record.endedAt : record.startedAt;
  const { value } = await resolveWith(session, { node, attempt: record.attempt, startedAt, via: record.via });
  const both = value.ok ? { with: value.value, ...gave } : gave;
  return jsonBytes(both) > ANSWER_BYTES_MAX ? gave : both;
}

function pureOutput(record: NodeRecord, node: PlanNode): Json | undefined {
  const settled = isSettledRecord(record) ? record.pure[node.id] : undefined;
  return settled?.status === 'succeeded' ? settled.output : undefined;
}

function attemptsOf(node: PlanNode, record: NodeRecord): z.infer<typeof AttemptBody>[] {
  if (node.kind === 'pure') return [];
  // One that its target's breaker refused was not made; the node's `error` tells of it.
  const made = record.attempts.filter(({ refusals }) => refusals === undefined);
  const ended = made.map(({ attempt, startedAt, endedAt, error, delayMs }) => ({
    attempt,
    startedAt: toRfc3339(startedAt),
    // A suspended attempt goes on until its timer fires or its callback comes.
    ...(!(record.status === 'waiting' && attempt === record.attempt) && { endedAt: toRfc3339(endedAt) }),
    ...(error !== undefined && { error: errorBody(error) }),
    ...(delayMs !== undefined && { delayMs }),
  }));
  if (record.status !== 'running') return ended;
  return [...ended, { attempt: record.attempt, startedAt: toRfc3339(record.lease.since) }];
}

async function callbackOf(context: OperationContext, header: Header, session: Session, node: PlanNode) {
  const token = callbackToken(await context.signer(), {
    workspace: header.workspace,
    execution: header.execution,
    node: node.id,
    gen: session.generation(node),
  });
  return { url: `${context.baseUrl}/v1/callbacks/${token}`, token };
}
