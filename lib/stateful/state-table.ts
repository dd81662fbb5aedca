import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { TABLE } from '../../shared/config/table.ts';
import type { NodeFunction } from '../constructs/node-function.ts';
import { acknowledge } from '../nag.ts';
import type { Stage } from '../stage.ts';

/** What the engine calls; no Scan (it would cross tenants), no DeleteItem (TTL removes), no TransactWriteItems. */
const ENGINE_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
] as const;

const text = (name: string) => ({ name, type: AttributeType.STRING });

export interface StateTableProps {
  readonly stage: Stage;
  /** Undefined: a key of AWS's, which costs nothing. */
  readonly encryptionKey: IKey | undefined;
}

/**
 * The one table: executions, nodes, definitions, keys. On demand, so idle costs only what is stored. `Table`, not `TableV2`:
 * that one is an `AWS::DynamoDB::GlobalTable`, which CloudFormation's emulators and linters know badly, for replicas that
 * an engine of strong reads and conditional writes could not use.
 */
export class StateTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: StateTableProps) {
    super(scope, id);
    const { listing, sweep } = TABLE;
    this.table = new Table(this, 'Table', {
      partitionKey: text(TABLE.partitionKey),
      sortKey: text(TABLE.sortKey),
      timeToLiveAttribute: TABLE.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...(props.encryptionKey === undefined
        ? { encryption: TableEncryption.DEFAULT }
        : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.encryptionKey }),
      removalPolicy: props.stage.removalPolicy,
      deletionProtection: props.stage.protectData,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.stage.protectData },
    });
    if (!props.stage.protectData)
      acknowledge(this.table, { 'AwsSolutions-DDB3': 'A dev stack is there to be thrown away.' });
    this.table.addGlobalSecondaryIndex({
      indexName: listing.name,
      partitionKey: text(listing.partitionKey),
      sortKey: text(listing.sortKey),
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...listing.projected],
    });
    this.table.addGlobalSecondaryIndex({
      indexName: sweep.name,
      partitionKey: text(sweep.partitionKey),
      sortKey: { name: sweep.sortKey, type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }

  /** Reads and conditional writes of the engine and the API. */
  grantEngine(fn: NodeFunction): void {
    fn.allow(ENGINE_ACTIONS, [this.table.tableArn]);
    fn.setEnvironment({ [ENV.tableName]: this.table.tableName });
  }

  /** Lists of executions, dead letters and keys. */
  grantListing(fn: NodeFunction): void {
    this.#grantIndex(fn, TABLE.listing.name);
  }

  /** Which executions want to be looked at. */
  grantSweep(fn: NodeFunction): void {
    this.#grantIndex(fn, TABLE.sweep.name);
  }

  #grantIndex(fn: NodeFunction, index: string): void {
    fn.allow(['dynamodb:Query'], [`${this.table.tableArn}/index/${index}`]);
  }
}
