import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { API, DEAD_LETTERS, SWEEPER, WORKER } from '../shared/config/functions.ts';
import { PublicApi } from './constructs/http-api.ts';
import { LifecycleEvents } from './constructs/lifecycle-events.ts';
import type { NodeFunctionProps } from './constructs/node-function.ts';
import { NodeFunction } from './constructs/node-function.ts';
import { SweeperSchedule } from './constructs/sweeper-schedule.ts';
import { TimerSchedules } from './constructs/timer-schedules.ts';
import { WorkQueues } from './constructs/work-queues.ts';
import { Alarms } from './observability/alarms.ts';
import { Dashboard } from './observability/dashboard.ts';
import type { StackParts } from './observability/stack-metrics.ts';
import { stackMetrics } from './observability/stack-metrics.ts';
import type { Stage } from './stage.ts';
import { DataKey } from './stateful/data-key.ts';
import { PayloadBucket } from './stateful/payload-bucket.ts';
import { StateTable } from './stateful/state-table.ts';

export interface StepwellStackProps extends StackProps {
  readonly stage: Stage;
  /** Folder of the bundled functions; without it the template holds no code (`NodeFunction`). */
  readonly bundles?: string;
}

/**
 * Everything Stepwell needs in an account. The local stack is created from this stack's template too.
 *
 * One stack, not one for the data and one for the rest: what two stacks exchange cannot be changed while both exist. What
 * holds data lives in `lib/stateful`; its logical ids never change (a test keeps them), and prod retains it whatever happens to the stack.
 */
export class StepwellStack extends Stack {
  constructor(scope: Construct, id: string, props: StepwellStackProps) {
    super(scope, id, { description: 'Stepwell: durable DAG workflows', ...props });
    const { stage } = props;
    // By it an account's bill tells the stacks of several branches apart.
    // Not the key, whose description says it: the most used emulator of CloudFormation stumbles over a key's tags.
    Tags.of(this).add('stepwell:stack', this.stackName, { excludeResourceTypes: ['AWS::KMS::Key'] });
    const dataKey = stage.options.customerKey ? new DataKey(this, 'DataKey', stage) : undefined;
    const stateful = { stage, encryptionKey: dataKey?.key };
    const state = new StateTable(this, 'State', stateful);
    const payloads = new PayloadBucket(this, 'Payloads', stateful);
    const queues = new WorkQueues(this, 'Queues', { stage });
    const timers = new TimerSchedules(this, 'Timers', { workQueue: queues.work, undelivered: queues.undelivered });
    const events = stage.options.lifecycleEvents ? new LifecycleEvents(this, 'Events') : undefined;

    const functions = this.#functions(props);
    const publicApi = new PublicApi(this, 'PublicApi', { stage, handler: functions.api });
    for (const fn of Object.values(functions)) {
      state.grantEngine(fn);
      payloads.grantPayloads(fn);
      dataKey?.grantUse(fn);
      queues.grantDispatch(fn);
      events?.grantPublish(fn);
      publicApi.grantAddress(fn);
    }
    const { api, worker, isolatedWorker, deadLetters, sweeper } = functions;
    for (const fn of [api, worker, deadLetters]) state.grantListing(fn);
    for (const fn of [api, sweeper]) state.grantSweep(fn);
    for (const fn of [worker, isolatedWorker, deadLetters]) queues.grantPark(fn);
    // The sweeper only sends what is due.
    for (const fn of [api, worker, isolatedWorker, deadLetters]) timers.grantCreate(fn);
    queues.feedWork(worker);
    queues.feedIsolated(isolatedWorker);
    queues.feedDeadLetters(deadLetters);
    queues.grantHealthCheck(api);
    const { group } = timers;
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new SweeperSchedule(this, 'Sweep', { sweeper, group, undelivered: queues.undelivered });
    this.#watch(stage, { functions, queues, table: state.table, api: publicApi.stage, scheduleGroup: group });

    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CfnOutput(this, 'ApiUrl', { value: publicApi.url });
    // `npm run keys -- --stack <name>` finds the table by this output.
    // oxlint-disable-next-line no-new -- as above
    new CfnOutput(this, 'TableName', { value: state.table.tableName });
  }

  #watch({ options }: Stage, parts: Omit<StackParts, 'stackName'>): void {
    const metrics = stackMetrics({ stackName: this.stackName, ...parts });
    const alarms = options.alarms ? new Alarms(this, 'Alarms', { metrics, email: options.alarmEmail }) : undefined;
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    if (options.dashboard) new Dashboard(this, 'Dashboard', { metrics, alarms });
  }

  #functions({ stage, bundles }: StepwellStackProps) {
    const common = { stage, bundles };
    const worker: NodeFunctionProps = { ...common, folder: 'worker', ...sizeOf(WORKER), description: 'Runs nodes' };
    return {
      api: new NodeFunction(this, 'Api', {
        ...common,
        folder: 'api',
        ...sizeOf(API),
        description: 'Answers the HTTP API',
      }),
      worker: new NodeFunction(this, 'Worker', worker),
      isolatedWorker: new NodeFunction(this, 'IsolatedWorker', {
        ...worker,
        description: 'Runs nodes that came back, one at a time',
      }),
      deadLetters: new NodeFunction(this, 'DeadLetters', {
        ...common,
        folder: 'dead-letters',
        ...sizeOf(DEAD_LETTERS),
        description: 'Fails nodes whose messages could not be worked',
      }),
      sweeper: new NodeFunction(this, 'Sweeper', {
        ...common,
        folder: 'sweeper',
        ...sizeOf(SWEEPER),
        description: 'Looks after executions whose messages were lost',
        untraced: true,
      }),
    };
  }
}

function sizeOf({ timeoutSeconds, memoryMb }: { readonly timeoutSeconds: number; readonly memoryMb: number }) {
  return { timeoutSeconds, memoryMb };
}
