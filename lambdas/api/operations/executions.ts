import { createHash } from 'node:crypto';
import { listExecutions } from '../../../shared/adapters/aws/dynamo/execution-list.ts';
import { executionId } from '../../../shared/adapters/system/ids.ts';
import { IdempotencyKey, type StartBody } from '../../../shared/contracts/schemas.ts';
import { canonicalJson, type Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { Plan } from '../../../shared/domain/workflow/plan.ts';
import { cancelExecution } from '../../../shared/engine/cancel-execution.ts';
import { startExecution, startHeld } from '../../../shared/engine/start-execution.ts';
import type * as z from 'zod';
import { ApiProblem, notFound } from '../api-problem.ts';
import { checkedInput } from '../checked-input.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { executionBody, executionItem } from '../execution-view.ts';
import { json, param, type Operation, type OperationContext } from '../operation.ts';
import { instant, invalid } from '../request.ts';
import { existing } from './workflows.ts';

export const start: Operation = async (context) => {
  const { app, workspace } = context;
  const body = context.body as z.infer<typeof StartBody>;
  const idempotencyKey = idempotencyKeyOf(context);
  const execution = executionId(workspace, param(context, 'name'), idempotencyKey);
  // No other request can mean the execution that one without a key starts.
  const request = idempotencyKey === undefined ? '' : digestOf(body as Json);
  const earlier = idempotencyKey === undefined ? undefined : await app.executions.readHeader({ workspace, execution });
  if (earlier !== undefined && earlier.request !== request) throw conflict();
  const plan = await (earlier === undefined
    ? planToStart(context, body.version)
    : app.engine.plans.load(workspace, earlier.workflow, earlier.version));
  // Absent is not null: who sends null means null.
  const input = checkedInput(plan, body.input === undefined ? {} : body.input);
  const result = await startExecution(app.engine, {
    workspace,
    execution,
    plan,
    input: { at: 'record', value: input },
    hold: body.hold ?? false,
    tags: body.tags ?? {},
    trigger: 'api',
    request,
  });
  if (result.kind === 'conflict') throw conflict();
  const { execution: id } = result.header;
  const replayed = result.kind === 'replayed' ? { 'idempotent-replayed': 'true' } : {};
  // The answer that the first request got, whatever has become of the execution since.
  return json(
    202,
    { id, status: body.hold === true ? 'pending' : 'running' },
    { location: `/v1/executions/${id}`, ...replayed },
  );
};

/** Of what was asked for, not of what was made of it: the same request stays the same when a newer version is saved. */
function digestOf(body: Json): string {
  return createHash('sha256').update(canonicalJson(body)).digest('base64url');
}

async function planToStart(context: OperationContext, wanted: number | undefined): Promise<Plan> {
  const { name, version: latest } = await existing(context);
  const version = wanted ?? latest;
  if (version > latest) throw notFound(`version ${version} of workflow '${name}'`);
  return context.app.engine.plans.load(context.workspace, name, version);
}

function conflict(): ApiProblem {
  return new ApiProblem('idempotency_conflict', 'this Idempotency-Key was used with another body');
}

function idempotencyKeyOf({ event }: OperationContext): string | undefined {
  const value = event.headers['idempotency-key'];
  if (value === undefined) return undefined;
  const parsed = IdempotencyKey.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    'the Idempotency-Key is not valid',
    parsed.error.issues.map(({ message }) => ({ code: 'malformed', path: '/headers/idempotency-key', message })),
  );
}

export const startHeldExecution: Operation = async (context) => {
  const id = param(context, 'id');
  const result = await startHeld(context.app.engine, { workspace: context.workspace, execution: id });
  if (result.kind === 'not_found') throw notFound(`execution '${id.slice(0, 64)}'`);
  if (result.kind === 'terminal') throw new ApiProblem('execution_terminal', 'the execution has ended');
  return json(202, { id, status: result.header.status }, { location: `/v1/executions/${id}` });
};

export const cancel: Operation = async (context) => {
  const id = param(context, 'id');
  const result = await cancelExecution(
    context.app.engine,
    { workspace: context.workspace, execution: id },
    context.requestId,
  );
  if (result.kind === 'not_found') throw notFound(`execution '${id.slice(0, 64)}'`);
  if (result.kind === 'terminal') throw new ApiProblem('execution_terminal', 'the execution has ended');
  return json(202, { id, status: result.header.status }, { location: `/v1/executions/${id}` });
};

export const listAll: Operation = async (context) => {
  const { app, workspace, query } = context;
  const signer = await context.signer();
  const scope = { workspace, operation: 'listExecutions', filters: query };
  const after = readCursor(signer, scope, query['cursor'] as string | undefined);
  const tag = query['tag'] as string | undefined;
  const since = instant(query['since']);
  const until = instant(query['until']);
  const page = await listExecutions(app.table, {
    workspace,
    limit: (query['limit'] as number | undefined) ?? LIMITS.listPageDefault,
    ...(after !== undefined && { after }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(query['workflow'] !== undefined && { workflow: query['workflow'] as string }),
    ...(query['status'] !== undefined && { statuses: query['status'] as string[] }),
    ...(tag !== undefined && { tag: { key: tag.slice(0, tag.indexOf(':')), value: tag.slice(tag.indexOf(':') + 1) } }),
  });
  return json(200, {
    items: page.items.map(executionItem),
    ...(page.next !== undefined && { cursor: makeCursor(signer, scope, page.next) }),
  });
};

export const getExecution: Operation = async (context) => {
  const { app, workspace, query } = context;
  const id = param(context, 'id');
  const which = (query['nodes'] as 'none' | 'unfinished' | 'failed' | 'all' | undefined) ?? 'all';
  const execution = await context.reader.statuses({ workspace, execution: id }, { isBrief: which === 'none' });
  if (execution === undefined) throw notFound(`execution '${id.slice(0, 64)}'`);
  const signer = await context.signer();
  const scope = { workspace, operation: `getExecution\n${id}`, filters: query };
  const from = readCursor(signer, scope, query['nodesCursor'] as string | undefined, 'nodesCursor');
  const { body, next } = await executionBody(app, execution, which, from === undefined ? 0 : Number(from));
  return json(200, { ...body, ...(next !== undefined && { nodesCursor: makeCursor(signer, scope, String(next)) }) });
};
