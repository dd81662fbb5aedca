import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { WORKER } from '../shared/config/functions.ts';
import type { Options } from './options.ts';

export type StageName = 'dev' | 'prod';

/** What differs between a stack somebody works with and one that is only being tried. */
export interface Stage {
  readonly name: StageName;
  /** dev leaves nothing behind when destroyed; prod keeps what cannot be made again. */
  readonly removalPolicy: RemovalPolicy;
  /** Deletion protection and point-in-time recovery: both cost or hinder, so prod alone has them. */
  readonly protectData: boolean;
  readonly logRetention: RetentionDays;
  /** A capped mapping polls with five pollers for ever (0.26 USD a month), an uncapped one falls back to two. */
  readonly capRareQueues: boolean;
  readonly options: Required<Omit<Options, 'alarmEmail'>> & Pick<Options, 'alarmEmail'>;
}

type StageDefaults = Omit<Stage, 'name'>;

const STAGES: Readonly<Record<StageName, StageDefaults>> = {
  dev: {
    removalPolicy: RemovalPolicy.DESTROY,
    protectData: false,
    logRetention: RetentionDays.ONE_WEEK,
    capRareQueues: false,
    options: {
      customerKey: false,
      alarms: false,
      dashboard: false,
      tracing: false,
      lifecycleEvents: false,
      infrequentAccessLogs: false,
      apiRequestsPerSecond: 100,
      workerConcurrency: 5,
    },
  },
  prod: {
    removalPolicy: RemovalPolicy.RETAIN,
    protectData: true,
    logRetention: RetentionDays.THREE_MONTHS,
    capRareQueues: true,
    options: {
      customerKey: true,
      alarms: true,
      dashboard: true,
      tracing: true,
      lifecycleEvents: false,
      infrequentAccessLogs: false,
      apiRequestsPerSecond: 1_000,
      workerConcurrency: WORKER.maximumConcurrency,
    },
  },
};

/** `chosen`: what the operator decided otherwise (`options.ts`). */
export function stageNamed(name: string, chosen: Options = {}): Stage {
  if (name !== 'dev' && name !== 'prod') throw new Error(`STAGE is "${name}"; it is dev or prod.`);
  const defaults = STAGES[name];
  return { name, ...defaults, options: { ...defaults.options, ...chosen } };
}
