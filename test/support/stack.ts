import { createApiHandler } from '../../lambdas/api/handler.ts';
import { createDeadLettersHandler } from '../../lambdas/dead-letters/handler.ts';
import { createSweeperHandler } from '../../lambdas/sweeper/handler.ts';
import { createWorkerHandler } from '../../lambdas/worker/handler.ts';
import { registerApiKey } from '../../local/register-api-key.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { LocalStack, LocalStackOptions } from '../../local/stack-options.ts';
import { ApiClient } from './api-client.ts';

export interface TestStack {
  readonly stack: LocalStack;
  readonly api: ApiClient;
  stop(): Promise<void>;
}

/** A throw-away local stack in this process: real handlers, real SDK, real emulators, on free ports. */
export async function startTestStack(
  options: Partial<
    Pick<LocalStackOptions, 'createWorkerHandler' | 'httpAllow' | 'clockRate' | 'dynamodbEndpoint' | 'sqsEndpoint'>
  > = {},
): Promise<TestStack> {
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
    ...options,
  });
  return { stack, api: new ApiClient(stack.url, stack.apiKey), stop: () => stack.stop() };
}
