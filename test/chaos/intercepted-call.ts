import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { executionOf } from '../../shared/adapters/aws/dynamo/keys.ts';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';

/** One request of an AWS SDK, as it passes by. */
export interface InterceptedCall {
  readonly operation: string;
  /** The same for all attempts that the SDK makes of one call. */
  readonly invocation: string | undefined;
  readonly partition: string | undefined;
  readonly execution: ExecutionKey | undefined;
  readonly body: Buffer;
  readonly arrivedAt: number;
}

export function interceptedCall({ headers }: IncomingMessage, body: Buffer): InterceptedCall {
  const target = headers['x-amz-target'];
  const invocation = headers['amz-sdk-invocation-id'];
  const partition = String(target).startsWith('DynamoDB') ? partitionOf(body) : undefined;
  return {
    operation: typeof target === 'string' ? (target.split('.').at(-1) ?? '') : '',
    invocation: typeof invocation === 'string' ? invocation : undefined,
    partition,
    execution: partition === undefined ? undefined : executionOf(partition),
    body,
    arrivedAt: Date.now(),
  };
}

const Text = z.object({ S: z.string() });
const Keyed = z.object({ pk: Text });
/** Where the calls of our adapters name the partition. */
const Request = z.object({
  Item: Keyed.optional(),
  Key: Keyed.optional(),
  ExpressionAttributeValues: z.object({ ':pk': Text.optional() }).optional(),
  RequestItems: z.record(z.string(), z.object({ Keys: z.array(Keyed) })).optional(),
});

function partitionOf(body: Buffer): string | undefined {
  const { data } = Request.safeParse(JSON.parse(body.toString('utf8')));
  const [batch] = Object.values(data?.RequestItems ?? {});
  const found = data?.Item?.pk ?? data?.Key?.pk ?? data?.ExpressionAttributeValues?.[':pk'] ?? batch?.Keys[0]?.pk;
  return found?.S;
}
