import { SQSClient } from '@aws-sdk/client-sqs';
import { ENV } from '../../shared/config/env.ts';
import { clientOf, CREDENTIALS, credentialsOf } from '../aws-identity.ts';
import type { Endpoints } from '../local-environment.ts';
import { localEnvironment } from '../local-environment.ts';
import type { HandlerEnvironment, LocalStackOptions } from '../stack-options.ts';
import type { FunctionResource } from '../template/resources.ts';

/** Where functions call, and in whose name. */
export interface Callers {
  /** What a function finds in its environment: the template's variables, and what only a local stack says. */
  envOf(fn: FunctionResource): HandlerEnvironment;
  /** The client with which a queue is polled for it. */
  pollerOf(fn: FunctionResource): SQSClient;
}

/** `ownNames`: each has credentials of its own. Otherwise `sqs`, the stack's own client, will do for all. */
export function callers(
  options: LocalStackOptions,
  endpoints: Endpoints,
  ownNames: boolean,
  sqs: SQSClient,
  owner: AsyncDisposableStack,
): Callers {
  const settings = localSettings(options);
  const credentialsFor = ({ name }: FunctionResource) => (ownNames ? credentialsOf(name) : CREDENTIALS);
  return {
    envOf: (fn) => ({ ...fn.environment, ...localEnvironment(endpoints, credentialsFor(fn)), ...settings }),
    pollerOf: (fn) => {
      if (!ownNames) return sqs;
      const poller = new SQSClient({ ...clientOf(endpoints.sqs, credentialsFor(fn)), useQueueUrlAsEndpoint: false });
      owner.defer(() => poller.destroy());
      return poller;
    },
  };
}

function localSettings({ httpAllow, clockRate, dynamodbEndpoint, ...options }: LocalStackOptions): HandlerEnvironment {
  // Who worked before held our data folder and is dead. Of a table on somebody else's server only the user can know that.
  const leaseEpoch = options.leaseEpoch ?? (dynamodbEndpoint === undefined ? Date.now() : undefined);
  return {
    ...(httpAllow !== undefined && { [ENV.httpAllow]: httpAllow }),
    ...(clockRate !== undefined && { [ENV.clockRate]: String(clockRate) }),
    ...(leaseEpoch !== undefined && { [ENV.leaseEpoch]: String(leaseEpoch) }),
  };
}
