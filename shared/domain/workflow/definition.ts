import * as z from 'zod';
import { parseDurationMs } from '../duration.ts';
import type { Json } from '../json.ts';
import { LIMITS } from '../limits.ts';

/**
 * The definition language (contract §2): the shape alone. What shape cannot say — needs, cycles, references — is
 * checked by `validate.ts`. Problem codes ride in the issues' `params.code`; without one an issue is `malformed`.
 */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const NODE_ID = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;

/** CEL's reserved words, and `error`, which is the built-in branch of every node. */
const CEL_RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

export const WorkflowName = z.string().regex(NAME, 'a name is 1 to 64 of a-z A-Z 0-9 _ -');

export function nodeIdProblem(id: string): { code: 'malformed' | 'reserved_id'; message: string } | undefined {
  if (!NODE_ID.test(id)) {
    return { code: 'malformed', message: `'${id}' is no node id: a letter or _, then up to 63 letters, digits or _` };
  }
  if (CEL_RESERVED.has(id))
    return {
      code: 'reserved_id',
      message: `'${id}' is a reserved word of the expression language; name the node otherwise`,
    };
  return undefined;
}

export function branchNameProblem(name: string): string | undefined {
  if (name === 'error') return `'error' is the built-in branch for failures that no 'catch' names; choose another name`;
  if (!NODE_ID.test(name)) return `'${name}' is no branch name: a letter or _, then up to 63 letters, digits or _`;
  return undefined;
}

const duration = (maxMs: number) =>
  z.string().superRefine((text, context) => {
    const ms = parseDurationMs(text);
    if (ms === undefined) {
      context.addIssue({
        code: 'custom',
        params: { code: 'invalid_duration' },
        message: `'${text.slice(0, 40)}' is no duration; write 500ms, 30s, 5m, 1h, 7d or ISO 8601 such as PT90S`,
      });
    } else if (ms > maxMs) {
      context.addIssue({
        code: 'custom',
        params: { code: 'limit_exceeded' },
        message: `is longer than the ${maxMs / 1_000} s allowed here`,
      });
    }
  });

const Duration = duration(LIMITS.executionTimeoutMsMax);
const Template = z.union([z.string(), z.boolean()], {
  error: 'must be a template that yields a bool, such as "{{ input.total > 100 }}"',
});
const Anything = z.custom<Json>(() => true);

export const JoinRule = z.enum(['merge', 'all', 'first', 'always']);
export type JoinRule = z.infer<typeof JoinRule>;

const Retry = z
  .strictObject({
    attempts: z.number().int().min(1).max(LIMITS.retryAttemptsMax).optional(),
    delays: z.array(Duration).min(1).max(LIMITS.retryAttemptsMax).optional(),
    first: Duration.optional(),
    factor: z.number().min(1).max(100).optional(),
    max: Duration.optional(),
    jitter: z.number().min(0).max(1).optional(),
  })
  .refine((retry) => retry.delays === undefined || (retry.first ?? retry.factor ?? retry.max) === undefined, {
    message: "give either 'delays' or 'first', 'factor' and 'max', not both",
  });

export const NodeDefinition = z
  .strictObject({
    type: z.string(),
    needs: z.array(z.string()).optional(),
    with: Anything.optional(),
    join: JoinRule.optional(),
    if: Template.optional(),
    retry: Retry.optional(),
    timeout: duration(LIMITS.attemptTimeoutMsMax).optional(),
    deadline: Duration.optional(),
    catch: z.record(z.string(), z.array(z.string()).min(1).max(LIMITS.conditionCasesMax)).optional(),
    onError: z.enum(['fail', 'continue']).optional(),
    delivery: z.enum(['at-least-once', 'at-most-once']).optional(),
    failIf: Template.optional(),
    retryIf: Template.optional(),
  })
  .refine((node) => node.delivery !== 'at-most-once' || node.retry === undefined, {
    path: ['retry'],
    message: "'delivery: at-most-once' never repeats an attempt and therefore excludes 'retry'",
  });
export type NodeDefinition = z.infer<typeof NodeDefinition>;

export const WorkflowDefinition = z.strictObject({
  name: WorkflowName,
  description: z.string().max(4_096).optional(),
  input: Anything.optional(),
  timeout: Duration.optional(),
  nodes: z.record(z.string(), NodeDefinition),
  output: Anything.optional(),
});
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;
