import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { ACCOUNT, REGION } from '../aws-identity.ts';
import type { FunctionResource } from '../template/resources.ts';

/** The context of one invocation that starts now. */
export function lambdaContext(fn: Pick<FunctionResource, 'name' | 'timeoutSeconds' | 'memoryMb'>): Context {
  const deadline = Date.now() + fn.timeoutSeconds * 1_000;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: fn.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${fn.name}`,
    memoryLimitInMB: String(fn.memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/local/${fn.name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    // Of the callback style, which no handler of ours uses; the type still wants them.
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

export class FunctionTimedOut extends Error {
  override readonly name = 'FunctionTimedOut';
}

/**
 * Lambda freezes a function at its timeout. Here it cannot be stopped, only given up: whatever it still does is the
 * zombie that the engine's fences are for.
 */
export async function withinTimeout<T>(context: Context, run: () => Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new FunctionTimedOut(`${context.functionName} timed out`));
  }, context.getRemainingTimeInMillis());
  try {
    return await Promise.race([run(), expired]);
  } finally {
    clearTimeout(timer);
  }
}
