/** Variables that only the local stack gives a function, with the reason why a deployed one does without. */
export const LOCAL_ONLY: Readonly<Record<string, string>> = {
  AWS_ENDPOINT_URL_DYNAMODB: 'where the emulator is; on AWS the SDK knows the region’s endpoint',
  AWS_ENDPOINT_URL_SQS: 'as above',
  AWS_ENDPOINT_URL_S3: 'as above; its presence also says that there is no DNS name per bucket',
  AWS_ENDPOINT_URL_SCHEDULER: 'as above',
  AWS_ENDPOINT_URL_EVENTBRIDGE: 'as above',
  AWS_DEFAULT_REGION: 'keeps the user’s own out; Lambda sets it too',
  AWS_EC2_METADATA_DISABLED: 'a laptop has no instance metadata to ask for credentials',
  AWS_CONFIG_FILE: 'keeps the user’s own profiles out',
  AWS_SHARED_CREDENTIALS_FILE: 'as above',
  STEPWELL_HTTP_ALLOW: 'targets on this machine, which a deployed function must not reach',
  STEPWELL_CLOCK_RATE: 'timers run faster for demonstrations and tests',
  STEPWELL_LEASE_EPOCH: 'that all workers died with the stack is known of one machine only',
};

/** Set by Lambda itself (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
export const SET_BY_LAMBDA: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_LAMBDA_RUNTIME_API',
]);

/** In a template, but read by others than our code. */
export const READ_BY_THE_RUNTIME: ReadonlySet<string> = new Set(['NODE_OPTIONS']);

const NO_TIMERS = { by: ['Sweeper'], why: 'it only sends what is due' } as const;

/** Read by all functions, which share their start; some do without, by the beginning of their logical id. */
export const DONE_WITHOUT: Readonly<Record<string, { readonly by: readonly string[]; readonly why: string }>> = {
  STEPWELL_PARKED_QUEUE_URL: { by: ['Api', 'Sweeper'], why: 'nobody hands them messages that they could not read' },
  STEPWELL_SCHEDULE_GROUP: NO_TIMERS,
  STEPWELL_SCHEDULE_ROLE_ARN: NO_TIMERS,
  STEPWELL_WORK_QUEUE_ARN: NO_TIMERS,
  STEPWELL_UNDELIVERED_QUEUE_ARN: NO_TIMERS,
};

/** Given to all or to none: where the stack has a bus. */
export const OF_THE_BUS = 'STEPWELL_EVENT_BUS';
