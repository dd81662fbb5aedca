import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { DeadLetterQueue } from 'aws-cdk-lib/aws-sqs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { DEAD_LETTERS, ISOLATED, QUEUE, WORKER } from '../../shared/config/functions.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/**
 * Where ready nodes, retries and short timers travel. The isolated queue is for messages that came back once: an event
 * source mapping would batch them again, so they need a queue whose batch size is 1. What used up its deliveries is buried
 * from the dead-letter queue; what this deployment cannot read lies in the parked queue, for an operator.
 */
export class WorkQueues extends Construct {
  readonly work: Queue;
  readonly isolated: Queue;
  readonly deadLetters: Queue;
  readonly parked: Queue;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id);
    const { removalPolicy } = props.stage;
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      visibilityTimeout: Duration.seconds(DEAD_LETTERS.visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(QUEUE.deadLetterRetentionSeconds),
    });
    this.parked = new Queue(this, 'Parked', {
      ...common,
      retentionPeriod: Duration.seconds(QUEUE.parkedRetentionSeconds),
    });
    const dispatching = {
      ...common,
      visibilityTimeout: Duration.seconds(WORKER.visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(QUEUE.retentionSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: WORKER.maxReceiveCount } satisfies DeadLetterQueue,
    };
    this.work = new Queue(this, 'Work', dispatching);
    this.isolated = new Queue(this, 'Isolated', dispatching);
  }

  grantDispatch(fn: NodeFunction): void {
    fn.allow(['sqs:SendMessage'], [this.work.queueArn, this.isolated.queueArn, this.parked.queueArn]);
    fn.setEnvironment({
      [ENV.workQueueUrl]: this.work.queueUrl,
      [ENV.isolatedQueueUrl]: this.isolated.queueUrl,
      [ENV.parkedQueueUrl]: this.parked.queueUrl,
    });
  }

  /** `GET /health` asks whether the queue answers. */
  grantHealthCheck(fn: NodeFunction): void {
    fn.allow(['sqs:GetQueueAttributes'], [this.work.queueArn]);
  }

  /** The event source gives the function the right to receive and delete, on this queue alone. */
  feedWork(fn: NodeFunction): void {
    fn.function.addEventSource(
      new SqsEventSource(this.work, {
        batchSize: WORKER.batchSize,
        reportBatchItemFailures: true,
        maxConcurrency: WORKER.maximumConcurrency,
      }),
    );
  }

  feedDeadLetters(fn: NodeFunction): void {
    fn.function.addEventSource(
      new SqsEventSource(this.deadLetters, {
        batchSize: DEAD_LETTERS.batchSize,
        reportBatchItemFailures: true,
        maxConcurrency: DEAD_LETTERS.maximumConcurrency,
      }),
    );
  }

  feedIsolated(fn: NodeFunction): void {
    fn.function.addEventSource(
      new SqsEventSource(this.isolated, {
        batchSize: ISOLATED.batchSize,
        reportBatchItemFailures: true,
        maxConcurrency: ISOLATED.maximumConcurrency,
      }),
    );
  }
}
