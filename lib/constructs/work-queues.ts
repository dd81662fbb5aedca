import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { DeadLetterQueue } from 'aws-cdk-lib/aws-sqs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { ISOLATED, QUEUE, WORKER } from '../../shared/config/functions.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/**
 * Where ready nodes, retries and short timers travel. The isolated queue is for messages that came back once: an event
 * source mapping would batch them again, so they need a queue whose batch size is 1.
 */
export class WorkQueues extends Construct {
  readonly work: Queue;
  readonly isolated: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id);
    const { removalPolicy } = props.stage;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE.deadLetterRetentionSeconds),
      removalPolicy,
    });
    const dispatching = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(WORKER.visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(QUEUE.retentionSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: WORKER.maxReceiveCount } satisfies DeadLetterQueue,
      removalPolicy,
    };
    this.work = new Queue(this, 'Work', dispatching);
    this.isolated = new Queue(this, 'Isolated', dispatching);
  }

  grantDispatch(fn: NodeFunction): void {
    fn.allow(['sqs:SendMessage'], [this.work.queueArn, this.isolated.queueArn]);
    fn.setEnvironment({
      [ENV.workQueueUrl]: this.work.queueUrl,
      [ENV.isolatedQueueUrl]: this.isolated.queueUrl,
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
