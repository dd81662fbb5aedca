/** Names of the environment variables that constructs set and handlers read. */
export const ENV = {
  tableName: 'STEPWELL_TABLE',
  bucketName: 'STEPWELL_BUCKET',
  workQueueUrl: 'STEPWELL_WORK_QUEUE_URL',
  isolatedQueueUrl: 'STEPWELL_ISOLATED_QUEUE_URL',
  parkedQueueUrl: 'STEPWELL_PARKED_QUEUE_URL',
  scheduleGroup: 'STEPWELL_SCHEDULE_GROUP',
  scheduleRoleArn: 'STEPWELL_SCHEDULE_ROLE_ARN',
  workQueueArn: 'STEPWELL_WORK_QUEUE_ARN',
  /** Takes schedules' messages that could not be delivered. */
  undeliveredQueueArn: 'STEPWELL_UNDELIVERED_QUEUE_ARN',
  /** The dimension of every metric: several stacks share an account. */
  stackName: 'STEPWELL_STACK',
  /** Absent where lifecycle events are off. */
  eventBus: 'STEPWELL_EVENT_BUS',
  /** Public base URL of the API; callback URLs start with it. */
  baseUrl: 'STEPWELL_BASE_URL',
  /** Local stack only: `host:port,…` that http nodes may reach although they are not public. */
  httpAllow: 'STEPWELL_HTTP_ALLOW',
  /** Local stack only: timers run this many times faster. */
  clockRate: 'STEPWELL_CLOCK_RATE',
  /** Local stack only: leases issued before this instant (epoch ms) belong to a process that is dead for certain. */
  leaseEpoch: 'STEPWELL_LEASE_EPOCH',
} as const;
