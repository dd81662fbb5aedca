import { expect } from 'vitest';
import { createApiHandler } from '../../lambdas/api/handler.ts';
import { createDeadLettersHandler } from '../../lambdas/dead-letters/handler.ts';
import { createSweeperHandler } from '../../lambdas/sweeper/handler.ts';
import { createWorkerHandler } from '../../lambdas/worker/handler.ts';
import { registerApiKey } from '../../local/register-api-key.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { LocalStack, LocalStackOptions } from '../../local/stack-options.ts';
import { Guard } from '../permissions/guard/guard.ts';
import { ApiClient } from './api-client.ts';

export interface TestStack {
  readonly stack: LocalStack;
  readonly api: ApiClient;
  /** @throws too if a function asked for anything that AWS would deny it. */
  stop(): Promise<void>;
}

type TestStackOptions = Partial<
  Pick<
    LocalStackOptions,
    'createWorkerHandler' | 'httpAllow' | 'clockRate' | 'dynamodbEndpoint' | 'sqsEndpoint' | 'stackOptions' | 'onEvent'
  >
> & {
  /** `unchecked` where a test is about sheer numbers: on a busy machine, the guard's share of the work would tell. */
  readonly permissions?: 'checked' | 'unchecked';
};

/**
 * A throw-away local stack in this process: real handlers, real SDK, real emulators, on free ports. And real permissions:
 * what AWS would deny is denied, and told at the next look at an execution or, at the latest, by `stop`.
 */
export async function startTestStack({
  permissions = 'checked',
  ...options
}: TestStackOptions = {}): Promise<TestStack> {
  const guard = new Guard({ place: () => expect.getState().currentTestName ?? 'a hook', denials: 'answered' });
  const stack = await startLocalStack({
    dynamodbEndpoint: undefined,
    sqsEndpoint: undefined,
    dataDir: undefined,
    port: 0,
    createApiHandler,
    createWorkerHandler,
    createDeadLettersHandler,
    createSweeperHandler,
    registerApiKey: async (key, env) => {
      await registerApiKey(key, env);
    },
    ...(permissions === 'checked' && { putInFront: guard.putInFront }),
    ...options,
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    guard.check();
  };
  return { stack, api: new ApiClient(stack.url, stack.apiKey, () => guard.check()), stop };
}
