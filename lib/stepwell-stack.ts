import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { API, DEAD_LETTERS, SWEEPER, WORKER } from '../shared/config/functions.ts';
import { PublicApi } from './constructs/http-api.ts';
import { NodeFunction } from './constructs/node-function.ts';
import { PayloadBucket } from './constructs/payload-bucket.ts';
import { TimerSchedules } from './constructs/scheduler.ts';
import { StateTable } from './constructs/state-table.ts';
import { SweeperSchedule } from './constructs/sweeper-schedule.ts';
import { WorkQueues } from './constructs/work-queues.ts';
import type { Stage } from './stage.ts';

export interface StepwellStackProps extends StackProps {
  readonly stage: Stage;
}

/** Everything Stepwell needs in an account. The local stack is created from this stack's template too. */
export class StepwellStack extends Stack {
  constructor(scope: Construct, id: string, props: StepwellStackProps) {
    super(scope, id, { description: 'Stepwell: durable DAG workflows', ...props });
    const { stage } = props;
    const state = new StateTable(this, 'State', { stage });
    const payloads = new PayloadBucket(this, 'Payloads', { stage });
    const queues = new WorkQueues(this, 'Queues', { stage });
    const timers = new TimerSchedules(this, 'Timers', { workQueue: queues.work });

    const api = new NodeFunction(this, 'Api', {
      stage,
      folder: 'api',
      description: 'Answers the HTTP API',
      timeoutSeconds: API.timeoutSeconds,
      memoryMb: API.memoryMb,
    });
    const worker = workerFunction(this, 'Worker', stage, 'Runs nodes');
    const isolatedWorker = workerFunction(this, 'IsolatedWorker', stage, 'Runs nodes that came back, one at a time');
    const deadLetters = new NodeFunction(this, 'DeadLetters', {
      stage,
      folder: 'dead-letters',
      description: 'Fails nodes whose messages could not be worked',
      timeoutSeconds: DEAD_LETTERS.timeoutSeconds,
      memoryMb: DEAD_LETTERS.memoryMb,
    });
    const sweeper = new NodeFunction(this, 'Sweeper', {
      stage,
      folder: 'sweeper',
      description: 'Looks after executions whose messages were lost',
      timeoutSeconds: SWEEPER.timeoutSeconds,
      memoryMb: SWEEPER.memoryMb,
    });
    const publicApi = new PublicApi(this, 'PublicApi', { handler: api });
    for (const fn of [api, worker, isolatedWorker, deadLetters, sweeper]) {
      state.grantEngine(fn);
      payloads.grantPayloads(fn);
      queues.grantDispatch(fn);
      timers.grantCreate(fn);
      publicApi.grantAddress(fn);
    }
    queues.feedWork(worker);
    queues.feedIsolated(isolatedWorker);
    queues.feedDeadLetters(deadLetters);
    queues.grantHealthCheck(api);
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new SweeperSchedule(this, 'Sweep', { sweeper });

    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CfnOutput(this, 'ApiUrl', { value: publicApi.api.apiEndpoint });
    // `npm run keys -- --stack <name>` finds the table by this output.
    // oxlint-disable-next-line no-new -- as above
    new CfnOutput(this, 'TableName', { value: state.table.tableName });
  }
}

function workerFunction(
  scope: Construct,
  id: 'Worker' | 'IsolatedWorker',
  stage: Stage,
  description: string,
): NodeFunction {
  return new NodeFunction(scope, id, {
    stage,
    folder: 'worker',
    description,
    timeoutSeconds: WORKER.timeoutSeconds,
    memoryMb: WORKER.memoryMb,
  });
}
