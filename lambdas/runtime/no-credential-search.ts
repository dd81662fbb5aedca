/**
 * Stands for `@aws-sdk/credential-provider-node` in the bundles (`lib/bundling/functions.ts`): every client is given its credentials,
 * so that the SDK never asks.
 */
export function defaultProvider(): () => Promise<never> {
  return () =>
    Promise.reject(new Error('this client was made without credentials; see lambdas/runtime/aws-settings.ts'));
}
