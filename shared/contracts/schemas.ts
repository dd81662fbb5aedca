import * as z from 'zod';
import type { Json as JsonValue } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { WorkflowName } from '../domain/workflow/definition.ts';
import { parseRfc3339 } from '../domain/time.ts';
import { UNITS, type Unit } from '../metering/usage.ts';

/** What the API takes and gives (contract §3). The OpenAPI document is generated from these. */
export const ExecutionStatusName = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out']);
export const NodeStatusName = z.enum([
  'pending',
  'queued',
  'running',
  'waiting',
  'retrying',
  'succeeded',
  'failed',
  'skipped',
  'cancelled',
]);
export const Instant = z.string().describe('RFC 3339, UTC, milliseconds');
/** Any JSON. What comes in was parsed as JSON, so there is nothing left to look at (`z.json` walks a megabyte in 150 ms). */
export const Json = z.custom<JsonValue>((value) => value !== undefined, 'is missing');

/**
 * What can stand in a path. Anything else names nothing and is not found: no key of the table is ever made of it, and
 * DynamoDB refuses keys of more than 1 KB.
 */
export const PATH_PARAMETERS = {
  name: WorkflowName,
  id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  node: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/),
  /** `<execution>-<generation>-<node>`: neither executions' ids nor nodes' hold a `-`. */
  letter: z.string().regex(/^[a-zA-Z0-9_]{1,56}-[1-9][0-9]{0,5}-[a-zA-Z_][a-zA-Z0-9_]{0,63}$/),
  token: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]+$/)
    .max(1_024),
} as const;

export const Problem = z.object({
  code: z.string(),
  path: z.string().describe('JSON Pointer into what was sent'),
  message: z.string(),
});
export const ProblemDetails = z
  .object({
    type: z.string().describe('documentation of the code'),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().describe('id of the request'),
    problems: z.array(Problem).optional(),
  })
  .describe('RFC 9457 problem details');

export const ErrorBody = z.object({
  code: z.string(),
  category: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  details: Json.optional(),
});

export const WorkflowRef = z.object({ name: z.string(), version: z.number().int() });
export const ValidationReport = z.object({
  valid: z.boolean(),
  problems: z.array(Problem),
  warnings: z.array(Problem),
});
export const WorkflowBody = z.object({
  name: z.string(),
  version: z.number().int(),
  createdAt: Instant,
  definition: Json,
});
export const WorkflowItem = z.object({
  name: z.string(),
  version: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
});
export const VersionItem = z.object({ version: z.number().int(), createdAt: Instant });

const TagKey = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]+$/, 'a tag key is letters, digits, _ . and -')
  .max(LIMITS.tagKeyLengthMax);
export const Tags = z
  .record(TagKey, z.string().max(LIMITS.tagValueLengthMax))
  .refine((tags) => Object.keys(tags).length <= LIMITS.tagsMax, {
    error: `at most ${LIMITS.tagsMax} tags are allowed`,
  });

/** No spaces, no commas at the ends: what a proxy folds or trims would be another key. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces')
  .max(LIMITS.idempotencyKeyLengthMax);

export const StartBody = z.strictObject({
  input: Json.optional(),
  hold: z.boolean().optional(),
  version: z.number().int().min(1).optional(),
  tags: Tags.optional(),
});
export const StartAnswer = z.object({ id: z.string(), status: ExecutionStatusName });

const NodeId = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no node id')
  .max(64);
export const RedriveBody = z
  .strictObject({
    from: z
      .array(NodeId)
      .min(1)
      .max(LIMITS.nodesMax)
      .superRefine((ids, context) => {
        const first = new Map(ids.map((id, at) => [id, at] as const).reverse());
        ids.forEach((id, at) => {
          if (first.get(id) !== at)
            context.addIssue({ code: 'custom', path: [at], message: `'${id.slice(0, 64)}' is named twice` });
        });
      })
      .describe(
        'nodes whose results are discarded, with those of all their descendants; absent: what failed is repeated',
      )
      .meta({ uniqueItems: true })
      .optional(),
    input: Json.optional().describe('replaces the input of the execution for what runs again; needs from'),
    version: z.number().int().min(1).optional().describe('the version to go on with; absent: the same'),
    freshKeys: z
      .boolean()
      .optional()
      .describe('targets get new idempotency keys, also where a failure is repeated unchanged'),
  })
  .refine(({ input, from }) => input === undefined || from !== undefined, {
    path: ['input'],
    error: 'needs from: what has a result keeps the input that it saw',
  })
  .meta({ dependentRequired: { input: ['from'] } });
export const RedriveAnswer = StartAnswer.extend({ generation: z.number().int() });

const CallbackError = z.strictObject({
  code: z.string().min(1).max(64),
  message: z.string().max(LIMITS.errorMessageLengthMax),
});
/** One of the two. Not a union, whose only problem would be that neither half fits. */
export const CallbackBody = z
  .strictObject({ output: Json.optional(), error: CallbackError.optional() })
  .refine(({ output, error }) => (output === undefined) !== (error === undefined), {
    error: 'must be { output: … } or { error: { code, message } }, one of the two',
  })
  .meta({ oneOf: [{ required: ['output'] }, { required: ['error'] }] });

/** For what takes no body: clients that send `{}` with every POST are fine, a field would be ignored and is refused. */
export const NoBody = z.strictObject({});

export const ProgressBody = z.object({
  total: z.number().int(),
  pending: z.number().int(),
  queued: z.number().int(),
  running: z.number().int(),
  waiting: z.number().int(),
  retrying: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  cancelled: z.number().int(),
});

export const NodeBody = z.object({
  type: z.string(),
  status: NodeStatusName,
  reason: z.enum(['branch', 'if', 'upstream_failed']).optional(),
  tolerated: z.boolean().optional(),
  attempts: z.number().int(),
  startedAt: Instant.optional(),
  endedAt: Instant.optional(),
  nextAttemptAt: Instant.optional(),
  waitingFor: z.enum(['timer', 'callback']).optional(),
  until: Instant.optional(),
  error: ErrorBody.optional(),
});
export type NodeBody = z.infer<typeof NodeBody>;

export const AttemptBody = z.object({
  attempt: z.number().int(),
  startedAt: Instant,
  endedAt: Instant.optional(),
  error: ErrorBody.optional(),
  delayMs: z.number().int().optional().describe('how long the policy made the next attempt wait'),
});

export const NodeDetail = NodeBody.omit({ attempts: true }).extend({
  node: z.string(),
  generation: z.number().int(),
  idempotencyKey: z.string(),
  with: Json.optional().describe(
    'what the node was given, templates filled in; left out where it and the output are more than one answer can hold',
  ),
  output: Json.optional(),
  attempts: z.array(AttemptBody),
  callback: z
    .object({ url: z.string(), token: z.string() })
    .optional()
    .describe('where to send the decision, while the node waits for one'),
});
export type NodeDetail = z.infer<typeof NodeDetail>;

export const ExecutionItem = z.object({
  id: z.string(),
  workflow: z.string(),
  version: z.number().int(),
  generation: z.number().int(),
  status: ExecutionStatusName,
  reason: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  createdAt: Instant,
  startedAt: Instant.optional(),
  endedAt: Instant.optional(),
});
export type ExecutionItem = z.infer<typeof ExecutionItem>;

/** What the execution has used so far, in the units of the bill, and what that costs by the price table. */
export const CostBody = z.object({
  ...(Object.fromEntries(UNITS.map((unit) => [unit, z.number()])) as Record<Unit, z.ZodNumber>),
  usd: z.number(),
});
export type CostBody = z.infer<typeof CostBody>;

export const ExecutionBody = ExecutionItem.extend({
  error: ErrorBody.extend({ node: z.string().optional() }).optional(),
  cancelRequestedAt: Instant.optional(),
  progress: ProgressBody,
  cost: CostBody,
  nodes: z.record(z.string(), NodeBody),
  nodesCursor: z.string().optional(),
});
export type ExecutionBody = z.infer<typeof ExecutionBody>;

export const ResultsBody = z.object({ outputs: z.record(z.string(), Json), output: Json.optional() });
export const HistoryItem = z.object({
  at: Instant,
  generation: z.number().int(),
  type: z.string(),
  node: z.string().optional(),
  attempt: z.number().int().optional(),
  actor: z.string().optional(),
  code: z.string().optional(),
});
export type HistoryItem = z.infer<typeof HistoryItem>;

export const HealthBody = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.enum(['ok', 'failing'])),
});
export const LimitsBody = z.record(z.string(), z.number());
export const OpenApiBody = z.looseObject({ openapi: z.string() });

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), cursor: z.string().optional() });
}

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `must be between ${min} and ${max}` });

const Limit = whole(1, LIMITS.listPageMax).optional();
const Cursor = z.string().max(2_048).optional();
export const When = z
  .string()
  .refine((text) => parseRfc3339(text) !== undefined, { error: 'is no RFC 3339 time such as 2026-12-24T18:00:00Z' })
  .optional();

/** Some of these, as `a,b`. */
export function listed<T extends z.ZodType<unknown, string>>(item: T) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1));
}

export const NoQuery = z.strictObject({});
export const PageQuery = z.strictObject({ limit: Limit, cursor: Cursor });
export const WorkflowQuery = z.strictObject({ version: whole(1, 9_999_999_999).optional() });
export const ExecutionQuery = z.strictObject({
  nodes: z
    .enum(['none', 'unfinished', 'failed', 'all'], { error: 'must be none, unfinished, failed or all' })
    .optional(),
  nodesCursor: Cursor,
});
export const ExecutionsQuery = PageQuery.extend({
  workflow: WorkflowName.optional(),
  status: listed(ExecutionStatusName).optional(),
  tag: z
    .string()
    .regex(/^[^:]+:/, 'must be key:value')
    .optional(),
  since: When,
  until: When,
});
