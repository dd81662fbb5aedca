import type * as z from 'zod';
import * as letters from './dead-letter-schemas.ts';
import * as schemas from './schemas.ts';

/** Every route of the API: the one table that matching, authentication, validation and OpenAPI go by. */
export interface Route {
  readonly operation: OperationId;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  /** `open`: needs no API key. */
  readonly access: 'key' | 'open';
  readonly body: 'none' | 'definition' | { readonly schema: z.ZodType; readonly optional: boolean };
  readonly query: z.ZodObject;
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly schema?: z.ZodType; readonly media?: string }>
  >;
  readonly idempotencyKey?: true;
}

export type OperationId =
  | 'createWorkflow'
  | 'validateWorkflow'
  | 'listWorkflows'
  | 'getWorkflow'
  | 'listVersions'
  | 'deleteWorkflow'
  | 'startExecution'
  | 'startHeldExecution'
  | 'listExecutions'
  | 'getExecution'
  | 'getNode'
  | 'getResults'
  | 'getHistory'
  | 'cancelExecution'
  | 'redriveExecution'
  | 'listDeadLetters'
  | 'countDeadLetters'
  | 'getDeadLetter'
  | 'replayDeadLetter'
  | 'replayDeadLetters'
  | 'discardDeadLetter'
  | 'sendCallback'
  | 'showCallback'
  | 'getLimits'
  | 'getHealth'
  | 'getMetrics'
  | 'getOpenApi'
  | 'getErrorCatalog';

const none = { body: 'none', query: schemas.NoQuery } as const;
const key = { access: 'key' } as const;
const open = { access: 'open' } as const;
const noBody = { body: { schema: schemas.NoBody, optional: true } } as const;

export const ROUTES: readonly Route[] = [
  {
    ...key,
    ...none,
    operation: 'createWorkflow',
    method: 'POST',
    path: '/v1/workflows',
    body: 'definition',
    summary: 'Save a definition as a new immutable version',
    answers: {
      200: { description: 'identical to the latest version', schema: schemas.WorkflowRef },
      201: { description: 'a new version', schema: schemas.WorkflowRef },
    },
  },
  {
    ...key,
    ...none,
    operation: 'validateWorkflow',
    method: 'POST',
    path: '/v1/workflows/validate',
    body: 'definition',
    summary: 'Check a definition without saving it',
    answers: { 200: { description: 'what is wrong with it', schema: schemas.ValidationReport } },
  },
  {
    ...key,
    ...none,
    operation: 'listWorkflows',
    method: 'GET',
    path: '/v1/workflows',
    query: schemas.PageQuery,
    summary: 'List workflows',
    answers: { 200: { description: 'a page', schema: schemas.listOf(schemas.WorkflowItem) } },
  },
  {
    ...key,
    ...none,
    operation: 'getWorkflow',
    method: 'GET',
    path: '/v1/workflows/{name}',
    query: schemas.WorkflowQuery,
    summary: 'Read the latest, or any, version of a workflow',
    answers: {
      200: { description: 'the version; its ETag never changes', schema: schemas.WorkflowBody },
      304: { description: 'it is what If-None-Match names' },
    },
  },
  {
    ...key,
    ...none,
    operation: 'listVersions',
    method: 'GET',
    path: '/v1/workflows/{name}/versions',
    query: schemas.PageQuery,
    summary: 'List the versions of a workflow, newest first',
    answers: { 200: { description: 'a page', schema: schemas.listOf(schemas.VersionItem) } },
  },
  {
    ...key,
    ...none,
    operation: 'deleteWorkflow',
    method: 'DELETE',
    path: '/v1/workflows/{name}',
    summary: 'Delete a workflow; version numbers are never reused',
    answers: {
      204: { description: 'deleted' },
      409: { description: 'workflow_in_use', schema: schemas.ProblemDetails },
    },
  },
  {
    ...key,
    ...none,
    operation: 'startExecution',
    method: 'POST',
    path: '/v1/workflows/{name}/executions',
    idempotencyKey: true,
    body: { schema: schemas.StartBody, optional: true },
    summary: 'Start an execution',
    answers: {
      202: { description: 'accepted: it will reach a terminal status', schema: schemas.StartAnswer },
      409: { description: 'idempotency_conflict', schema: schemas.ProblemDetails },
    },
  },
  {
    ...key,
    ...none,
    ...noBody,
    operation: 'startHeldExecution',
    method: 'POST',
    path: '/v1/executions/{id}/start',
    summary: 'Start an execution that was created with hold',
    answers: {
      202: { description: 'started', schema: schemas.StartAnswer },
      409: { description: 'execution_terminal', schema: schemas.ProblemDetails },
    },
  },
  {
    ...key,
    ...none,
    operation: 'listExecutions',
    method: 'GET',
    path: '/v1/executions',
    query: schemas.ExecutionsQuery,
    summary: 'List executions, newest first',
    answers: {
      200: { description: 'a page; it may be empty and have a cursor', schema: schemas.listOf(schemas.ExecutionItem) },
    },
  },
  {
    ...key,
    ...none,
    operation: 'getExecution',
    method: 'GET',
    path: '/v1/executions/{id}',
    query: schemas.ExecutionQuery,
    summary: 'Read the status of an execution and its nodes',
    answers: { 200: { description: 'the execution', schema: schemas.ExecutionBody } },
  },
  {
    ...key,
    ...none,
    operation: 'getNode',
    method: 'GET',
    path: '/v1/executions/{id}/nodes/{node}',
    summary: 'Read one node: what it was given, its output, its attempts',
    answers: { 200: { description: 'the node', schema: schemas.NodeDetail } },
  },
  {
    ...key,
    ...none,
    operation: 'getResults',
    method: 'GET',
    path: '/v1/executions/{id}/results',
    summary: 'Read the outputs of the nodes that succeeded',
    answers: { 200: { description: 'outputs by node', schema: schemas.ResultsBody } },
  },
  {
    ...key,
    ...none,
    operation: 'getHistory',
    method: 'GET',
    path: '/v1/executions/{id}/history',
    query: schemas.PageQuery,
    summary: 'Read what happened, in order',
    answers: { 200: { description: 'a page, oldest first', schema: schemas.listOf(schemas.HistoryItem) } },
  },
  {
    ...key,
    ...none,
    ...noBody,
    operation: 'cancelExecution',
    method: 'POST',
    path: '/v1/executions/{id}/cancel',
    summary: 'Cancel an execution',
    answers: {
      202: { description: 'accepted: cancelled once nothing is in flight', schema: schemas.StartAnswer },
      409: { description: 'execution_terminal', schema: schemas.ProblemDetails },
    },
  },
  {
    ...key,
    ...none,
    operation: 'redriveExecution',
    method: 'POST',
    path: '/v1/executions/{id}/redrive',
    body: { schema: schemas.RedriveBody, optional: true },
    summary: 'Run again what failed, or everything from some nodes on, in an execution that has ended',
    answers: {
      202: { description: 'accepted: the next generation runs', schema: schemas.RedriveAnswer },
      409: {
        description: 'execution_running, nothing_to_redrive, version_incompatible or too_many_redrives',
        schema: schemas.ProblemDetails,
      },
    },
  },
  {
    ...key,
    ...none,
    operation: 'listDeadLetters',
    method: 'GET',
    path: '/v1/dead-letters',
    query: letters.DeadLettersQuery,
    summary: 'List failures that failed their executions, newest first',
    answers: {
      200: {
        description: 'a page; it may be empty and have a cursor',
        schema: schemas.listOf(letters.DeadLetterItem),
      },
    },
  },
  {
    ...key,
    ...none,
    operation: 'countDeadLetters',
    method: 'GET',
    path: '/v1/dead-letters/stats',
    query: letters.DeadLetterStatsQuery,
    summary: 'Count dead letters by status, code, category and workflow',
    answers: { 200: { description: 'the counts', schema: letters.DeadLetterStats } },
  },
  {
    ...key,
    ...none,
    operation: 'replayDeadLetters',
    method: 'POST',
    path: '/v1/dead-letters/replay',
    body: { schema: letters.ReplayManyBody, optional: false },
    summary: 'Replay all open dead letters that a filter means, at a rate',
    answers: { 202: { description: 'accepted: it goes on by itself', schema: letters.ReplayManyAnswer } },
  },
  {
    ...key,
    ...none,
    operation: 'getDeadLetter',
    method: 'GET',
    path: '/v1/dead-letters/{letter}',
    summary: 'Read one dead letter: the error, each attempt, what the node was given',
    answers: { 200: { description: 'the entry', schema: letters.DeadLetterBody } },
  },
  {
    ...key,
    ...none,
    operation: 'replayDeadLetter',
    method: 'POST',
    path: '/v1/dead-letters/{letter}/replay',
    body: { schema: letters.ReplayBody, optional: true },
    summary: 'Run the failed node again, and all that waits for it',
    answers: {
      202: { description: 'accepted; the id is that of the execution', schema: schemas.RedriveAnswer },
      409: {
        description: 'dead_letter_closed, execution_running or too_many_redrives',
        schema: schemas.ProblemDetails,
      },
    },
  },
  {
    ...key,
    ...none,
    operation: 'discardDeadLetter',
    method: 'DELETE',
    path: '/v1/dead-letters/{letter}',
    summary: 'Close a dead letter without doing anything about it',
    answers: {
      204: { description: 'discarded' },
      409: { description: 'dead_letter_closed', schema: schemas.ProblemDetails },
    },
  },
  {
    ...open,
    ...none,
    operation: 'sendCallback',
    method: 'POST',
    path: '/v1/callbacks/{token}',
    body: { schema: schemas.CallbackBody, optional: false },
    summary: 'Send what a waiting node waits for',
    answers: {
      200: {
        description: 'accepted; the same again is answered the same',
        schema: schemas.HealthBody.pick({ status: true }),
      },
      409: { description: 'callback_used', schema: schemas.ProblemDetails },
      410: { description: 'callback_expired', schema: schemas.ProblemDetails },
    },
  },
  {
    ...open,
    ...none,
    operation: 'showCallback',
    method: 'GET',
    path: '/v1/callbacks/{token}',
    summary: 'A page that sends the callback; decides nothing by itself',
    answers: {
      200: { description: 'the page', media: 'text/html' },
      410: { description: 'a page that says that there is nothing to decide any more', media: 'text/html' },
    },
  },
  {
    ...key,
    ...none,
    operation: 'getLimits',
    method: 'GET',
    path: '/v1/limits',
    summary: 'Read all limits',
    answers: { 200: { description: 'limits by name', schema: schemas.LimitsBody } },
  },
  {
    ...open,
    ...none,
    operation: 'getHealth',
    method: 'GET',
    path: '/health',
    summary: 'Say which dependency is down',
    answers: {
      200: { description: 'ready', schema: schemas.HealthBody },
      503: { description: 'not ready', schema: schemas.HealthBody },
    },
  },
  {
    ...key,
    ...none,
    operation: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    summary: "What the workspace has done and used, and what that costs, in Prometheus' text format",
    answers: { 200: { description: 'counters since the stack was made', media: 'text/plain' } },
  },
  {
    ...open,
    ...none,
    operation: 'getOpenApi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: schemas.OpenApiBody } },
  },
  {
    ...open,
    ...none,
    operation: 'getErrorCatalog',
    method: 'GET',
    path: '/docs/errors',
    summary: 'What each error code means',
    answers: { 200: { description: 'the page', media: 'text/html' } },
  },
];
