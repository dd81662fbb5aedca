import { Duration } from 'aws-cdk-lib';
import type { DeadLetterQueue } from 'aws-cdk-lib/aws-sqs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { DEAD_LETTERS, ISOLATED, QUEUE, WORKER } from '../../shared/config/functions.ts';
import { acknowledge } from '../nag.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';
import { feedFrom } from './queue-feed.ts';

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
  /** What EventBridge Scheduler could not deliver, with its reason; nothing receives it. */
  readonly undelivered: Queue;
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id);
    this.#stage = props.stage;
    const { removalPolicy } = props.stage;
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      visibilityTimeout: Duration.seconds(DEAD_LETTERS.visibilityTimeoutSeconds),
      retentionPeriod: Duration.seconds(QUEUE.deadLetterRetentionSeconds),
    });
    const kept = { ...common, retentionPeriod: Duration.seconds(QUEUE.parkedRetentionSeconds) };
    this.parked = new Queue(this, 'Parked', kept);
    this.undelivered = new Queue(this, 'Undelivered', kept);
    acknowledge(this.deadLetters, {
      'Serverless-SQSRedrivePolicy':
        'Burials are tried until they succeed: nothing would take a message from a second one.',
    });
    for (const queue of [this.parked, this.undelivered]) {
      const reason = 'Nothing receives from it: an alarm tells a person, who decides.';
      acknowledge(queue, { 'AwsSolutions-SQS3': reason, 'Serverless-SQSRedrivePolicy': reason });
    }
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
    fn.allow(['sqs:SendMessage'], [this.work.queueArn, this.isolated.queueArn]);
    fn.setEnvironment({
      [ENV.workQueueUrl]: this.work.queueUrl,
      [ENV.isolatedQueueUrl]: this.isolated.queueUrl,
    });
  }

  /** For whoever is handed messages. */
  grantPark(fn: NodeFunction): void {
    fn.allow(['sqs:SendMessage'], [this.parked.queueArn]);
    fn.setEnvironment({ [ENV.parkedQueueUrl]: this.parked.queueUrl });
  }

  /** `GET /health` asks whether the queue answers. */
  grantHealthCheck(fn: NodeFunction): void {
    fn.allow(['sqs:GetQueueAttributes'], [this.work.queueArn]);
  }

  feedWork(fn: NodeFunction): void {
    const { workerConcurrency } = this.#stage.options;
    feedFrom(this.work, fn, { batchSize: WORKER.batchSize, maximumConcurrency: workerConcurrency });
  }

  feedIsolated(fn: NodeFunction): void {
    const { batchSize, maximumConcurrency } = ISOLATED;
    feedFrom(this.isolated, fn, { batchSize, maximumConcurrency: this.#rarely(maximumConcurrency) });
  }

  feedDeadLetters(fn: NodeFunction): void {
    const { batchSize, maximumConcurrency } = DEAD_LETTERS;
    feedFrom(this.deadLetters, fn, { batchSize, maximumConcurrency: this.#rarely(maximumConcurrency) });
  }

  #rarely(maximumConcurrency: number): number | undefined {
    return this.#stage.capRareQueues ? maximumConcurrency : undefined;
  }
}
