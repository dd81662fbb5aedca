import { createHash } from 'node:crypto';
import { hasRunning } from '../../../shared/adapters/aws/dynamo/execution-list.ts';
import type { WorkflowSummary } from '../../../shared/adapters/aws/dynamo/workflow-store.ts';
import { canonicalJson, type Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { toRfc3339 } from '../../../shared/domain/time.ts';
import { validateDefinition } from '../../../shared/domain/workflow/validate.ts';
import { lintSchema } from '../../runtime/bootstrap.ts';
import { ApiProblem, notFound } from '../api-problem.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { ifNoneMatches } from '../entity-tag.ts';
import { json, param, type Operation, type OperationContext } from '../operation.ts';
import { readable } from '../readable-problems.ts';
import { invalid, parseDefinition } from '../request.ts';

export const createWorkflow: Operation = async (context) => {
  const { app, workspace } = context;
  const document = await parseDefinition(context.event);
  if (!document.ok) throw invalid('the definition cannot be read', document.error);
  const checked = validateDefinition(document.value, app.engine.nodes, lintSchema);
  if (!checked.ok) throw invalid('the definition is not valid', checked.error);
  const { name } = checked.value.workflow.definition;
  const { version, created } = await app.workflows.save(
    workspace,
    name,
    document.value,
    digestOf(document.value),
    app.engine.clock.now(),
    app.engine.ids.operation(),
  );
  return json(created ? 201 : 200, { name, version }, { location: `/v1/workflows/${name}?version=${version}` });
};

export const validateWorkflow: Operation = async ({ app, event }) => {
  const document = await parseDefinition(event);
  if (!document.ok) return json(200, { valid: false, problems: readable(document.error), warnings: [] });
  const checked = validateDefinition(document.value, app.engine.nodes, lintSchema);
  if (!checked.ok) return json(200, { valid: false, problems: readable(checked.error), warnings: [] });
  return json(200, { valid: true, problems: [], warnings: readable(checked.value.warnings) });
};

export const listWorkflows: Operation = async (context) => {
  const { app, workspace, query } = context;
  const signer = await context.signer();
  const scope = { workspace, operation: 'listWorkflows', filters: query };
  const limit = (query['limit'] as number | undefined) ?? LIMITS.listPageDefault;
  const after = readCursor(signer, scope, query['cursor'] as string | undefined);
  const page = await app.workflows.list(workspace, limit, after);
  const items = page.items.map(({ name, version, createdAt, updatedAt }) => ({
    name,
    version,
    createdAt: toRfc3339(createdAt),
    updatedAt: toRfc3339(updatedAt),
  }));
  return json(200, { items, ...(page.next !== undefined && { cursor: makeCursor(signer, scope, page.next) }) });
};

export const getWorkflow: Operation = async (context) => {
  const { app, workspace, query } = context;
  const summary = await existing(context);
  const version = (query['version'] as number | undefined) ?? summary.version;
  const [definition, info] = await Promise.all([
    app.workflows.readVersion(workspace, summary.name, version),
    app.workflows.readVersionSummary(workspace, summary.name, version),
  ]);
  if (definition === undefined || info === undefined)
    throw notFound(`version ${version} of workflow '${summary.name}'`);
  // With the version: the same definition saved again later is another answer.
  const headers = { etag: `"${version}-${info.digest}"`, 'cache-control': 'private, no-cache' };
  if (ifNoneMatches(context.event.headers['if-none-match'], headers.etag)) return { statusCode: 304, headers };
  return json(200, { name: summary.name, version, createdAt: toRfc3339(info.createdAt), definition }, headers);
};

export const listVersions: Operation = async (context) => {
  const { app, workspace, query } = context;
  const { name } = await existing(context);
  const signer = await context.signer();
  const scope = { workspace, operation: `listVersions\n${name}`, filters: query };
  const before = readCursor(signer, scope, query['cursor'] as string | undefined);
  const limit = (query['limit'] as number | undefined) ?? LIMITS.listPageDefault;
  const page = await app.workflows.listVersions(
    workspace,
    name,
    limit,
    before === undefined ? undefined : Number(before),
  );
  const items = page.items.map(({ version, createdAt }) => ({ version, createdAt: toRfc3339(createdAt) }));
  return json(200, { items, ...(page.next !== undefined && { cursor: makeCursor(signer, scope, String(page.next)) }) });
};

export const deleteWorkflow: Operation = async (context) => {
  const { app, workspace } = context;
  const summary = await existing(context);
  if (await hasRunning(app.table, workspace, summary.name)) {
    throw new ApiProblem('workflow_in_use', `executions of '${summary.name}' have not ended`);
  }
  if (!(await app.workflows.delete(workspace, summary, app.engine.clock.now()))) {
    throw new ApiProblem(
      'workflow_in_use',
      `'${summary.name}' was saved at the same moment; look at it and delete again`,
    );
  }
  return { statusCode: 204 };
};

/** The workflow that the path names, unless it was deleted or never was. */
export async function existing(context: OperationContext): Promise<WorkflowSummary> {
  const name = param(context, 'name');
  const summary = await context.app.workflows.read(context.workspace, name);
  if (summary === undefined || summary.deleted) throw notFound(`workflow '${name.slice(0, LIMITS.tagKeyLengthMax)}'`);
  return summary;
}

/** Equal for equal definitions, whatever the order of keys or the notation they came in. */
function digestOf(definition: Json): string {
  return createHash('sha256').update(canonicalJson(definition)).digest('hex');
}
