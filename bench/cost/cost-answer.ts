import * as z from 'zod';

/** What Stepwell itself says of the cost of an execution (`GET /v1/executions/{id}`), as far as it is compared here. */
export const CostAnswer = z.object({
  writeUnits: z.number(),
  readUnits: z.number(),
  queueRequests: z.number(),
  schedules: z.number(),
  objectPuts: z.number(),
  objectGets: z.number(),
  apiRequests: z.number(),
  invocations: z.number(),
  gbSeconds: z.number(),
  logBytes: z.number(),
  usd: z.number(),
});
export type CostAnswer = z.infer<typeof CostAnswer>;

export const ExecutionAnswer = z.object({ cost: CostAnswer });
