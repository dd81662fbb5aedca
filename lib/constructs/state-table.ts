import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { TABLE } from '../../shared/config/table.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** What the engine calls; no Scan (it would cross tenants), no DeleteItem (TTL removes), no TransactWriteItems. */
const ENGINE_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
] as const;

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** The one table: executions, nodes, definitions, keys. On demand, so idle costs only what is stored. */
export class StateTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id);
    const { listing, sweep } = TABLE;
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(TABLE.partitionKey),
      sortKey: text(TABLE.sortKey),
      timeToLiveAttribute: TABLE.ttl,
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: props.stage.removalPolicy,
      deletionProtection: props.stage.protectData,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.stage.protectData },
      globalSecondaryIndexes: [
        {
          indexName: listing.name,
          partitionKey: text(listing.partitionKey),
          sortKey: text(listing.sortKey),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...listing.projected],
        },
        {
          indexName: sweep.name,
          partitionKey: text(sweep.partitionKey),
          sortKey: { name: sweep.sortKey, type: AttributeType.NUMBER },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
  }

  /** Reads and conditional writes of the engine and the API. */
  grantEngine(fn: NodeFunction): void {
    fn.allow(ENGINE_ACTIONS, [this.table.tableArn]);
    fn.allow(
      ['dynamodb:Query'],
      [TABLE.listing.name, TABLE.sweep.name].map((index) => `${this.table.tableArn}/index/${index}`),
    );
    fn.setEnvironment({ [ENV.tableName]: this.table.tableName });
  }
}
