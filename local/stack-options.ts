import type { BusEvent } from './events/put-events.ts';
import type { ApiHandler } from './http/lambda-http.ts';
import type { QueueHandler } from './lambda/event-source-mapping.ts';
import type { SweeperHandler } from './lambda/sweeping.ts';
import type { Endpoints } from './local-environment.ts';
import type { LocalResources } from './template/resources.ts';
import type { TemplateVariant } from './template/synth.ts';
import type { Template } from './template/template.ts';

/** What `process.env` is to a deployed function. */
export type HandlerEnvironment = Readonly<Record<string, string | undefined>>;

/** Stands between the functions and the servers that they call. */
export interface InFront {
  readonly endpoints: Endpoints;
  stop(): Promise<void>;
}

export interface LocalStackOptions {
  /** Where state survives; undefined = a throw-away stack in memory. */
  readonly dataDir: string | undefined;
  /** 0 = any free one. */
  readonly port: number;
  /** Undefined = the data folder's own, made if it has none. */
  readonly apiKey?: string | undefined;
  readonly clockRate?: number | undefined;
  /** `host:port,…` that http nodes may reach although they are not public. */
  readonly httpAllow?: string | undefined;
  /** Servers to use instead of the embedded ones. */
  readonly dynamodbEndpoint?: string | undefined;
  readonly sqsEndpoint?: string | undefined;
  /** Leases given before belong to the dead; without it this is known of the embedded servers only. */
  readonly leaseEpoch?: number | undefined;
  readonly createApiHandler: (env: HandlerEnvironment) => ApiHandler | Promise<ApiHandler>;
  readonly createWorkerHandler: (env: HandlerEnvironment) => QueueHandler | Promise<QueueHandler>;
  /** Without it nothing takes messages from the dead-letter queue. */
  readonly createDeadLettersHandler?: (env: HandlerEnvironment) => QueueHandler | Promise<QueueHandler>;
  readonly createSweeperHandler?: (env: HandlerEnvironment) => SweeperHandler | Promise<SweeperHandler>;
  /**
   * With it, each function calls through this and with credentials of its own; the stack itself goes past it. Without it
   * all have the same credentials: DynamoDB Local, if that is the named server, keeps other tables for each access key.
   */
  readonly putInFront?: (servers: Endpoints, template: Template) => Promise<InFront>;
  /** What the stack is to have besides what `cdk.json` says (`lib/options.ts`). */
  readonly stackOptions?: TemplateVariant['options'];
  /** Is told of each event that is put on the stack's bus. */
  readonly onEvent?: (event: BusEvent) => void;
  /** Makes the key known to the API. */
  readonly registerApiKey?: (apiKey: string, env: HandlerEnvironment) => Promise<void>;
  readonly log?: (line: string) => void;
}

export interface LocalStack {
  readonly url: string;
  readonly apiKey: string;
  readonly endpoints: Endpoints;
  readonly resources: LocalResources;
  /** What the API handler was given; the same names a deployed function has. */
  readonly env: HandlerEnvironment;
  /** Pids of the child processes, for measurements. */
  readonly childPids: readonly number[];
  /** Settles if a part of the stack died; the stack is of no use then. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}
