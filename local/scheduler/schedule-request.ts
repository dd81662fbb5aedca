import * as z from 'zod';

/** What CreateSchedule takes, as far as one-time timers use it. Unknown fields are refused: the emulator would ignore them silently. */
export const CreateScheduleBody = z.strictObject({
  ClientToken: z.string().min(1).max(64).optional(),
  GroupName: z.string().default('default'),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.literal('UTC').optional(),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  ActionAfterCompletion: z.enum(['NONE', 'DELETE']).default('NONE'),
  State: z.literal('ENABLED').optional(),
  Description: z.string().max(512).optional(),
  Target: z.strictObject({
    Arn: z.string().regex(/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/, 'the local stack knows SQS targets only'),
    RoleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+/),
    Input: z.string().min(1),
    RetryPolicy: z
      .strictObject({
        MaximumEventAgeInSeconds: z.number().int().min(60).max(86_400).optional(),
        MaximumRetryAttempts: z.number().int().min(0).max(185).optional(),
      })
      .optional(),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  }),
});
export type CreateScheduleBody = z.infer<typeof CreateScheduleBody>;

export const ScheduleName = z.string().regex(/^[0-9a-zA-Z-_.]{1,64}$/);

const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/;

/** When `at(yyyy-mm-ddThh:mm:ss)` is, epoch ms; undefined for anything else (rate and cron have no use here yet). */
export function parseAt(expression: string): number | undefined {
  const [, time] = AT.exec(expression) ?? [];
  if (time === undefined) return undefined;
  const at = Date.parse(`${time}Z`);
  // Date.parse takes 2026-02-31 for 3 March; AWS does not.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(time) ? undefined : at;
}
