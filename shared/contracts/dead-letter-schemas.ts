import * as z from 'zod';
import { FailureCategory } from '../domain/failure.ts';
import { LIMITS } from '../domain/limits.ts';
import { WorkflowName } from '../domain/workflow/definition.ts';
import { AttemptBody, ErrorBody, Instant, Json, listed, PageQuery, When } from './schemas.ts';

/** Dead letters as the API takes and gives them (contract §3). */
export const DeadLetterStatusName = z.enum(['open', 'replayed', 'discarded']);

export const DeadLetterItem = z.object({
  id: z.string(),
  execution: z.string(),
  workflow: z.string(),
  version: z.number().int(),
  generation: z.number().int(),
  node: z.string(),
  error: ErrorBody,
  attempts: z.number().int().describe('how many were made'),
  input: Json.optional().describe(
    "the node's `with`, templates filled in. In lists only where it has at most 4 KB; the entry read alone has it. Absent where it could not be evaluated",
  ),
  startedAt: Instant.describe('when the node was first claimed'),
  createdAt: Instant.describe('when the node failed for good'),
  status: DeadLetterStatusName,
  closedAt: Instant.optional(),
});
export type DeadLetterItem = z.infer<typeof DeadLetterItem>;

export const DeadLetterBody = DeadLetterItem.extend({ history: z.array(AttemptBody) });
export type DeadLetterBody = z.infer<typeof DeadLetterBody>;

const Counts = z.record(z.string(), z.number().int());
export const DeadLetterStats = z.object({
  total: z.number().int(),
  byStatus: Counts,
  byCode: Counts,
  byCategory: Counts,
  byWorkflow: Counts,
  complete: z
    .boolean()
    .describe('false: there are older entries that were not counted; narrow it with since and until'),
});

const Code = z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, 'a code is 1 to 64 letters, digits, _ . or -');
const CategoryName = z.enum(FailureCategory.options);

const filters = {
  workflow: WorkflowName.optional(),
  code: listed(Code).optional(),
  category: listed(CategoryName).optional(),
  since: When,
  until: When,
};
const status = listed(DeadLetterStatusName).optional();

export const DeadLetterStatsQuery = z.strictObject({ ...filters, status });
export type DeadLetterStatsQuery = z.infer<typeof DeadLetterStatsQuery>;
export const DeadLettersQuery = PageQuery.extend(DeadLetterStatsQuery.shape);

export const ReplayBody = z.strictObject({
  with: Json.optional().describe('replaces what the node was given, as it is: nothing in it is a template'),
});

export const ReplayManyBody = z.strictObject({
  filter: z
    .strictObject({
      ...filters,
      status: z.literal('open', { error: 'must be open: others are not replayed' }).optional(),
    })
    .describe('as the query of the list; `{}`: all that are open'),
  ratePerSecond: z.number().int().min(1).max(LIMITS.replayRateMax).optional(),
});
export const ReplayManyAnswer = z.object({ id: z.string(), status: z.literal('running') });
