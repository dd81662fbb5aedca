import * as z from 'zod';
import { ENV } from '../../shared/config/env.ts';

export type Env = Readonly<Record<string, string | undefined>>;

const Config = z.object({
  [ENV.tableName]: z.string().min(1),
  [ENV.bucketName]: z.string().min(1),
  [ENV.workQueueUrl]: z.string().min(1),
  [ENV.isolatedQueueUrl]: z.string().min(1),
  // Where the function may park.
  [ENV.parkedQueueUrl]: z.string().min(1).optional(),
  // Where it may make schedules: all four, or none.
  [ENV.workQueueArn]: z.string().min(1).optional(),
  [ENV.scheduleGroup]: z.string().min(1).optional(),
  [ENV.scheduleRoleArn]: z.string().min(1).optional(),
  [ENV.undeliveredQueueArn]: z.string().min(1).optional(),
  [ENV.stackName]: z.string().min(1),
  [ENV.eventBus]: z.string().min(1).optional(),
  [ENV.baseUrl]: z.string().default(''),
  [ENV.httpAllow]: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    ),
  [ENV.clockRate]: z.coerce.number().min(1).max(1_000_000).default(1),
  [ENV.leaseEpoch]: z.coerce.number().int().min(0).default(0),
  AWS_LAMBDA_RUNTIME_API: z.string().optional(),
});
export type Config = z.infer<typeof Config>;

/** Reads the environment once; a missing variable names itself. */
export function readConfig(env: Env): Config {
  const parsed = Config.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new Error(
    `the environment is incomplete: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
  );
}
