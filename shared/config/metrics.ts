/** Names shared by the handlers that emit and the constructs that draw and alarm. Lambda, SQS and DynamoDB have their own. */
export const METRICS = {
  namespace: 'Stepwell',
  /** Powertools' dimension; its value is the function's folder in `lambdas/`. */
  dimension: 'service',
  /** Messages that this deployment could not read, or whose execution's records it could not: see the parked queue. */
  messagesParked: 'MessagesParked',
  /** Published only by sweeps that found something due: an idle stack pays for none of them. */
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
