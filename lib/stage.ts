import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

export type StageName = 'dev' | 'prod';

/** What differs between a stack somebody works with and one that is only being tried. */
export interface Stage {
  readonly name: StageName;
  /** dev leaves nothing behind when destroyed; prod keeps what cannot be made again. */
  readonly removalPolicy: RemovalPolicy;
  /** Deletion protection and point-in-time recovery: both cost or hinder, so prod alone has them. */
  readonly protectData: boolean;
  readonly logRetention: RetentionDays;
}

const STAGES: Readonly<Record<StageName, Stage>> = {
  dev: {
    name: 'dev',
    removalPolicy: RemovalPolicy.DESTROY,
    protectData: false,
    logRetention: RetentionDays.ONE_WEEK,
  },
  prod: {
    name: 'prod',
    removalPolicy: RemovalPolicy.RETAIN,
    protectData: true,
    logRetention: RetentionDays.THREE_MONTHS,
  },
};

export function stageNamed(name: string): Stage {
  if (name !== 'dev' && name !== 'prod') throw new Error(`STAGE is "${name}"; it is dev or prod.`);
  return STAGES[name];
}
