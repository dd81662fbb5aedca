import {
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ACCOUNT, clientOf } from '../../local/aws-identity.ts';
import { startEmulators } from '../../local/emulators/emulators.ts';
import { provisionBuckets } from '../../local/provision/buckets.ts';
import { provisionTable } from '../../local/provision/tables.ts';
import { localNames } from '../../local/template/local-names.ts';
import { readResources } from '../../local/template/resources.ts';
import { synthesizedTemplate } from '../../local/template/synth.ts';
import { IMPATIENT, PATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { Table } from '../../shared/adapters/aws/dynamo/table.ts';
import { PayloadStore } from '../../shared/adapters/aws/payloads.ts';
import { S3Objects } from '../../shared/adapters/aws/s3-objects.ts';

/** Servers to test instead of the embedded emulators, by the variables that name them to the local stack, too. */
const NAMED = {
  dynamodb: process.env['DYNAMODB_ENDPOINT'],
  sqs: process.env['SQS_ENDPOINT'],
  s3: process.env['S3_ENDPOINT'],
};

export const DYNAMODB_NAME = NAMED.dynamodb ?? 'dynoxide';
export const SQS_NAME = NAMED.sqs ?? 'fauxqs';
export const S3_NAME = NAMED.s3 ?? 'fauxqs';

/** Names of this run, so that a server which others use too, or used before, does no harm. */
const RUN = `contracts-${process.pid}-${Date.now().toString(36)}`;
const TABLE_WITHIN_SECONDS = 60;

/** DynamoDB, SQS and S3 with the settings of production, on the emulators or on what is named. */
export class AwsServices implements AsyncDisposable {
  readonly sqs: SQSClient;
  readonly payloads: PayloadStore;
  readonly #dynamo: DynamoDBClient;
  readonly #s3: S3Client;
  readonly #sqsEndpoint: string;
  readonly #tables: string[] = [];
  readonly #owned: AsyncDisposableStack;
  readonly #bucket = RUN;
  #names = 0;

  private constructor(endpoints: { dynamodb: string; sqs: string; s3: string }, owned: AsyncDisposableStack) {
    this.#owned = owned;
    this.#dynamo = new DynamoDBClient({ ...settings(endpoints.dynamodb), ...IMPATIENT });
    this.#sqsEndpoint = endpoints.sqs;
    // fauxqs hands out queue URLs whose host does not resolve.
    this.sqs = new SQSClient({ ...settings(endpoints.sqs), ...IMPATIENT, useQueueUrlAsEndpoint: false });
    this.#s3 = new S3Client({ ...settings(endpoints.s3), ...PATIENT, forcePathStyle: true });
    this.payloads = new PayloadStore(new S3Objects(this.#s3, this.#bucket));
  }

  static async start(): Promise<AwsServices> {
    const owned = new AsyncDisposableStack();
    const emulators = await startEmulators(
      { folder: undefined, dynamodbEndpoint: NAMED.dynamodb, sqsEndpoint: NAMED.sqs },
      owned,
    );
    const services = new AwsServices({ ...emulators, s3: NAMED.s3 ?? emulators.s3 }, owned);
    await provisionBuckets(services.#s3, [services.#bucket]);
    return services;
  }

  /** A new table as the stack deploys it. With `through`, its client is one that the caller has put something in front of. */
  async newTable(through?: (client: DynamoDBClient) => void): Promise<Table> {
    const template = await synthesizedTemplate({ stage: 'dev' });
    const names = localNames(template, { baseUrl: 'http://127.0.0.1', queueUrl: (queue) => queue });
    const [deployed] = readResources(template, names).tables;
    if (deployed === undefined) throw new Error('The template has no table.');
    const name = this.newName();
    await provisionTable(this.#dynamo, { ...deployed, name });
    await waitUntilTableExists({ client: this.#dynamo, maxWaitTime: TABLE_WITHIN_SECONDS }, { TableName: name });
    this.#tables.push(name);
    if (through === undefined) return new Table(this.#dynamo, name);
    const client = new DynamoDBClient(await copyOf(this.#dynamo));
    this.#owned.defer(() => client.destroy());
    through(client);
    return new Table(client, name);
  }

  queueUrl(name: string): string {
    return `${this.#sqsEndpoint}/${ACCOUNT}/${name}`;
  }

  newName(): string {
    this.#names += 1;
    return `${RUN}-${this.#names}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Emulators take their tables with them.
    if (NAMED.dynamodb !== undefined)
      for (const TableName of this.#tables) await this.#dynamo.send(new DeleteTableCommand({ TableName }));
    for (const client of [this.#dynamo, this.#s3, this.sqs]) client.destroy();
    await this.#owned.disposeAsync();
  }
}

/** Credentials of the environment where it has some: they are for the named servers; none of them is needed otherwise. */
function settings(endpoint: string): { endpoint: string; region: string } {
  const { credentials, region } = clientOf(endpoint);
  const own = process.env['AWS_ACCESS_KEY_ID'] === undefined ? { credentials } : {};
  return { endpoint, region: process.env['AWS_REGION'] ?? region, ...own };
}

async function copyOf({ config }: DynamoDBClient): Promise<DynamoDBClientConfig> {
  const { endpoint, region, credentials } = config;
  return { ...IMPATIENT, region, credentials, ...(endpoint !== undefined && { endpoint: await endpoint() }) };
}
