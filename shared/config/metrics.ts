/**
 * Names shared by the handlers that emit and the constructs that draw and alarm. Lambda, SQS and DynamoDB have their own.
 * Nothing is published while there is nothing to count, so that an idle stack pays for none of them.
 */
export const METRICS = {
  namespace: 'Stepwell',
  /** The one dimension of all of them; its value is the stack's name, because several stacks share an account. */
  dimension: 'service',
  executions: {
    started: 'ExecutionsStarted',
    succeeded: 'ExecutionsSucceeded',
    failed: 'ExecutionsFailed',
    cancelled: 'ExecutionsCancelled',
    timedOut: 'ExecutionsTimedOut',
    /** Milliseconds from start to end, waits included. */
    duration: 'ExecutionDuration',
    /** Executions that have not ended, counted by the sweeper now and then, up to a bound. */
    active: 'ActiveExecutions',
  },
  /** Milliseconds of one effectful node from its first claim to its end, retries and waits included; with a second dimension. */
  nodeDuration: { name: 'NodeDuration', dimension: 'type' },
  /** A failure that fails its execution. */
  deadLettersFiled: 'DeadLettersFiled',
  /** Messages that this deployment could not read, or whose execution's records it could not: see the parked queue. */
  messagesParked: 'MessagesParked',
  sweeper: {
    /** Milliseconds by which the execution that waited longest for its look was overdue. A minute is usual, ten are not. */
    lag: 'SweepLag',
    looked: 'SweepLooked',
    /** Looks that failed: executions that were put off, not lost. */
    failed: 'SweepFailed',
    /** Known to be due and not looked at; the next sweep goes on with them. */
    leftOver: 'SweepLeftOver',
  },
} as const;
