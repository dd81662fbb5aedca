import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { awsSettings } from '../../lambdas/runtime/aws-settings.ts';
import type { HandlerEnvironment } from '../../local/stack-options.ts';
import { dynamoClient, sqsClient } from '../../shared/adapters/aws/lean-clients.ts';
import { ENV } from '../../shared/config/env.ts';

/** One message of the bare loop: a chain, a fan-out that begins, or a part of one. */
export interface BareWork {
  readonly execution: string;
  /** The URL of what each node calls, and of what the last one calls. */
  readonly target: string;
  readonly last: string;
  readonly kind: 'chain' | 'fan' | 'group';
  /** How many nodes a chain has, a fan-out has between its ends, or a group has. */
  readonly nodes: number;
  readonly from?: number;
  /** Nodes between the ends of the fan-out that the group is a part of. */
  readonly of?: number;
}

/** What is under way: of one process, so that both of its handlers can share it. */
export interface BareCounts {
  sent: number;
  worked: number;
}

/** Nodes of a fan-out in one message: as many as Stepwell runs at once; SQS takes as many messages in one call. */
const GROUP_MAX = 10;

/**
 * The limit that Stepwell is measured against: what it would be without an engine. The same local stack, clients, table and
 * queue; a node is one call of the target and one conditional UpdateItem, a chain is one message, a fan-out's nodes go in
 * groups of ten. No plan, no retries, no leases, no header, no recovery: a crash loses the chain.
 */
export class BareLoop {
  readonly #dynamodb: DynamoDBClient;
  readonly #sqs: SQSClient;
  readonly #table: string;
  readonly #queue: string;
  readonly #counts: BareCounts;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(env: HandlerEnvironment, counts: BareCounts) {
    const caller = awsSettings(env);
    this.#dynamodb = dynamoClient(caller);
    this.#sqs = sqsClient(caller);
    this.#table = env[ENV.tableName] ?? '';
    this.#queue = env[ENV.workQueueUrl] ?? '';
    this.#counts = counts;
  }

  async start(body: string): Promise<void> {
    this.#counts.sent += 1;
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#queue, MessageBody: body }));
  }

  async work(work: BareWork): Promise<void> {
    const { execution, target, last, kind, nodes, from = 0, of = 0 } = work;
    switch (kind) {
      case 'chain':
        for (let at = 0; at < nodes; at += 1)
          await this.#node(execution, `n${at}`, `${target}/${at === nodes - 1 ? last : 'x'}`);
        break;
      case 'fan':
        await this.#node(execution, 'a', `${target}/x`);
        await this.#fanOut(work);
        break;
      case 'group': {
        const ids = Array.from({ length: nodes }, (_, at) => from + at);
        await Promise.all(ids.map((at) => this.#node(execution, `w${at}`, `${target}/x`)));
        if ((await this.#arrive(execution, nodes)) === of) await this.#node(execution, 'z', `${target}/${last}`);
      }
    }
    this.#counts.worked += 1;
  }

  async #node(execution: string, node: string, url: string): Promise<void> {
    const output = await this.#call(url);
    await this.#dynamodb.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { pk: { S: `bare#${execution}` }, sk: { S: `N#1#${node}` } },
        UpdateExpression: 'SET #status = :status, d = :output',
        ConditionExpression: 'attribute_not_exists(pk)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':status': { S: 'succeeded' }, ':output': { S: output } },
      }),
    );
  }

  async #arrive(execution: string, count: number): Promise<number> {
    const { Attributes } = await this.#dynamodb.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { pk: { S: `bare#${execution}` }, sk: { S: 'J#1#z' } },
        UpdateExpression: 'ADD arrived :count',
        ExpressionAttributeValues: { ':count': { N: String(count) } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Number(Attributes?.['arrived']?.N);
  }

  async #fanOut(work: BareWork): Promise<void> {
    const starts = Array.from({ length: Math.ceil(work.nodes / GROUP_MAX) }, (_, group) => group * GROUP_MAX);
    for (let at = 0; at < starts.length; at += GROUP_MAX) {
      const entries = starts.slice(at, at + GROUP_MAX).map((from) => {
        const nodes = Math.min(GROUP_MAX, work.nodes - from);
        const part: BareWork = { ...work, kind: 'group', from, nodes, of: work.nodes };
        return { Id: String(from), MessageBody: JSON.stringify(part) };
      });
      this.#counts.sent += entries.length;
      await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.#queue, Entries: entries }));
    }
  }

  #call(url: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    get(url, { agent: this.#agent }, (response) => {
      void text(response).then(resolve, reject);
    }).on('error', reject);
    return promise;
  }
}
