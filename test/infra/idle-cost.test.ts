import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSweeperHandler } from '../../lambdas/sweeper/handler.ts';
import { idleCost } from '../../lib/cost/idle-cost.ts';
import { idleCostTable } from '../../lib/cost/idle-cost-table.ts';
import { IDLE_SWEEP } from '../../lib/cost/idle-sweep.ts';
import type { PricedResource, PricedTemplate } from '../../lib/cost/priced-template.ts';
import { CREDENTIALS, REGION, clientOf } from '../../local/aws-identity.ts';
import { startDynoxide, type Dynoxide } from '../../local/emulators/dynoxide.ts';
import { lambdaContext } from '../../local/lambda/lambda-context.ts';
import { provisionTable } from '../../local/provision/tables.ts';
import { localNames } from '../../local/template/local-names.ts';
import { readResources } from '../../local/template/resources.ts';
import { Template } from '../../local/template/template.ts';
import { checkEntry } from '../../shared/adapters/aws/dynamo/check-entry.ts';
import { ENV } from '../../shared/config/env.ts';
import { epochMs } from '../../shared/domain/time.ts';
import { MeteringProxy } from '../support/metering-proxy.ts';
import { dev, prod } from './synthesized.ts';

const DEV_USD_MAX = 0.6;
const PROD_USD_MAX = 7;

const costOf = (resources: Record<string, PricedResource>) => idleCost({ Resources: resources });
const pricesOf = (resources: Record<string, PricedResource>) => {
  const { items, unpriced } = costOf(resources);
  expect(unpriced).toEqual([]);
  return Object.fromEntries(items.map(({ what, usdPerMonth }) => [what, Number(usdPerMonth.toFixed(6))]));
};
const unpricedOf = (resources: Record<string, PricedResource>) => {
  const { items, unpriced } = costOf(resources);
  expect(items).toEqual([]);
  return unpriced.map(({ what, problem }) => `${what}: ${problem}`);
};

describe('a stack that nobody uses', () => {
  test.each([
    ['dev', dev, DEV_USD_MAX],
    ['prod', prod, PROD_USD_MAX],
  ] as const)('costs little as %s, and nothing in it is left out of the bill', (stage, template, usdMax) => {
    const cost = idleCost(template.toJSON() as PricedTemplate);
    console.log(idleCostTable(stage, cost));
    expect(cost.unpriced).toEqual([]);
    expect(cost.items.map(({ what }) => what)).toContain('sweeper, duration');
    expect(cost.usdPerMonth).toBeGreaterThan(0.3);
    expect(cost.usdPerMonth).toBeLessThanOrEqual(usdMax);
  });
});

describe('polling', () => {
  const queue: PricedResource = { Type: 'AWS::SQS::Queue' };
  const mapping = (more: object): PricedResource => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: { 'Fn::GetAtt': ['QueuesWork0123ABCD', 'Arn'] }, ...more },
  });

  test('a capped mapping polls with five: 5 × 3 × 60 × 730 = 657,000 receives', () => {
    const capped = mapping({ ScalingConfig: { MaximumConcurrency: 2 } });
    expect(pricesOf({ QueuesWork0123ABCD: queue, capped })).toEqual({ 'polling QueuesWork': 0.2628 });
  });

  test('one without a cap falls back to two: 262,800 receives', () => {
    expect(pricesOf({ QueuesWork0123ABCD: queue, free: mapping({}) })).toEqual({ 'polling QueuesWork': 0.10512 });
  });

  test('one that is switched off polls nothing', () => {
    expect(pricesOf({ QueuesWork0123ABCD: queue, off: mapping({ Enabled: false }) })).toEqual({});
  });

  test('of streams, other accounts’ queues and provisioned pollers it does not know the price', () => {
    const stream = mapping({ EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] } });
    const foreign = mapping({ EventSourceArn: 'arn:aws:sqs:us-east-1:111111111111:theirs' });
    const provisioned = mapping({ ProvisionedPollerConfig: { MinimumPollers: 2 } });
    expect(unpricedOf({ QueuesWork0123ABCD: queue, stream, foreign, provisioned })).toEqual([
      'stream: an event source that is no queue of this template',
      'foreign: an event source that is no queue of this template',
      'provisioned: provisioned pollers, which are billed by the hour',
    ]);
  });
});

describe('the sweeper', () => {
  const schedule = (more: object = {}): PricedResource => ({
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Target: { Arn: { 'Fn::GetAtt': ['sweeper', 'Arn'] } },
      ...more,
    },
  });
  const sweeper = (more: object = {}, folder = 'sweeper'): PricedResource => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      Architectures: ['arm64'],
      MemorySize: 512,
      LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN', LogGroup: { Ref: 'logs' } },
      ...more,
    },
    Metadata: { 'stepwell:lambda': folder },
  });

  test('each minute: 43,800 invocations, each 0.05 GB-s and four half read units', () => {
    expect(pricesOf({ schedule: schedule(), sweeper: sweeper() })).toEqual({
      'schedule of the sweeper': 0.0438,
      'sweeper, requests': 0.00876,
      'sweeper, duration': 0.0292, // 2,190 GB-s
      'sweeper, reads': 0.01095, // 87,600 units
      'sweeper, metrics': 0,
    });
  });

  test('each five minutes and with half the memory it costs a fifth, its duration a tenth', () => {
    const five = schedule({ ScheduleExpression: 'rate(5 minutes)' });
    expect(pricesOf({ five, sweeper: sweeper({ MemorySize: 256 }) })).toEqual({
      'schedule of the sweeper': 0.00876,
      'sweeper, requests': 0.001752,
      'sweeper, duration': 0.00292,
      'sweeper, reads': 0.00219,
      'sweeper, metrics': 0,
    });
  });

  test('traced, each sweep is a trace', () => {
    const traced = pricesOf({ schedule: schedule(), sweeper: sweeper({ TracingConfig: { Mode: 'Active' } }) });
    expect(traced['sweeper, traces']).toBe(0.219);
  });

  test.each([
    ['STANDARD', 0.01314],
    ['INFREQUENT_ACCESS', 0.00657],
  ])('with the platform’s own lines it writes 26 MB a month (%s)', (LogGroupClass, usd) => {
    const chatty = sweeper({ LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'INFO', LogGroup: { Ref: 'logs' } } });
    const plain = sweeper({ LoggingConfig: { LogGroup: { Ref: 'logs' } } });
    const logs: PricedResource = { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupClass } };
    expect(pricesOf({ schedule: schedule(), sweeper: chatty, logs })['sweeper, log']).toBe(usd);
    expect(pricesOf({ schedule: schedule(), sweeper: plain, logs })['sweeper, log']).toBe(usd);
  });

  test.each(['Table', 'GlobalTable'])('a %s with a key of KMS has it asked for: 4 × 12 × 730 requests', (type) => {
    const table = (SSEEnabled: boolean): PricedResource => ({
      Type: `AWS::DynamoDB::${type}`,
      Properties: { BillingMode: 'PAY_PER_REQUEST', SSESpecification: { SSEEnabled } },
    });
    const priced = { schedule: schedule(), sweeper: sweeper() };
    expect(pricesOf({ ...priced, table: table(true) })["sweeper, the table's key"]).toBe(0.10512);
    expect(pricesOf({ ...priced, table: table(false) })).toEqual(pricesOf(priced));
  });

  test('a schedule that is off costs nothing; what else one may start, and when, is not priced', () => {
    expect(pricesOf({ off: schedule({ State: 'DISABLED' }), sweeper: sweeper() })).toEqual({});
    const cron = schedule({ ScheduleExpression: 'cron(0 4 * * ? *)' });
    expect(unpricedOf({ cron, sweeper: sweeper() })).toEqual([
      "cron: the expression 'cron(0 4 * * ? *)': only rates are priced",
    ]);
    expect(unpricedOf({ other: schedule(), sweeper: sweeper({}, 'api') })).toEqual([
      expect.stringContaining('other: its target sweeper is not the sweeper'),
    ]);
  });

  test('on x86 its duration has another price', () => {
    const { unpriced } = costOf({ schedule: schedule(), sweeper: sweeper({ Architectures: ['x86_64'] }) });
    expect(unpriced).toEqual([{ what: 'sweeper', problem: 'only arm64 is priced' }]);
  });
});

describe('what is billed by the month', () => {
  const alarm = (Properties: object): PricedResource => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { ...Properties },
  });
  const stat = (Period: number) => ({ Id: 'm', MetricStat: { Period } });

  test('a key is a dollar, a dashboard three', () => {
    const key: PricedResource = { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } };
    const dashboard: PricedResource = { Type: 'AWS::CloudWatch::Dashboard' };
    const cost = costOf({ DataKey0123ABCD: key, Board0123ABCD: dashboard });
    expect(cost.items).toMatchObject([
      { what: 'key DataKey', usdPerMonth: 1, why: expect.stringContaining('first two yearly rotations') as string },
      { what: 'dashboard Board', usdPerMonth: 3 },
    ]);
    expect(cost.usdPerMonth).toBe(4);
  });

  test('alarms are counted by the metrics that they watch', () => {
    const one = alarm({ MetricName: 'Errors', Period: 300 });
    const ratio = alarm({ Metrics: [{ Id: 'e', Expression: 'm / n' }, stat(60), stat(300)] });
    expect(costOf({ one, ratio }).items).toMatchObject([
      { what: '2 alarms', why: 'metrics watched: 3, in high resolution: 0' },
    ]);
    expect(pricesOf({ one, ratio })).toEqual({ '2 alarms': 0.3 });
  });

  test('an alarm that looks each ten seconds costs three times as much, a composite one fifty cents more', () => {
    const fast = alarm({ MetricName: 'Errors', Period: 10 });
    const both = alarm({ Metrics: [stat(10), stat(60)] });
    const joined: PricedResource = { Type: 'AWS::CloudWatch::CompositeAlarm' };
    expect(pricesOf({ fast, both, joined })).toEqual({ '2 alarms': 0.7, 'composite alarm joined': 0.5 });
  });

  test('of an alarm that searches for its metrics the price is not known', () => {
    const search = alarm({ Metrics: [{ Expression: 'SELECT MAX(Duration) FROM "AWS/Lambda"' }] });
    expect(unpricedOf({ search })).toEqual([expect.stringContaining('search: it watches')]);
    const { items, unpriced } = costOf({ search, one: alarm({ MetricName: 'Errors' }) });
    expect(items).toMatchObject([{ what: '1 alarm', usdPerMonth: 0.1 }]);
    expect(unpriced).toMatchObject([{ what: 'search' }]);
  });
});

describe('nothing slips in unnoticed', () => {
  test('a type that is neither priced nor known to be free is reported, and the total says that it lacks it', () => {
    const resources: Record<string, PricedResource> = {
      bucket: { Type: 'AWS::S3::Bucket' },
      gateway: { Type: 'AWS::EC2::NatGateway' },
      secret: { Type: 'AWS::SecretsManager::Secret' },
    };
    expect(unpricedOf(resources)).toEqual([
      'gateway: AWS::EC2::NatGateway: lib/cost does not know what one costs idle',
      'secret: AWS::SecretsManager::Secret: lib/cost does not know what one costs idle',
    ]);
    const table = idleCostTable('stepwell-dev', costOf(resources));
    expect(table).toMatch(/total, at least +0\.000$/m);
    expect(table).toContain('not priced: gateway');
  });

  test('so are provisioned capacity and rules that run by the clock', () => {
    const table: PricedResource = { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED' } };
    const clock: PricedResource = {
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression: 'rate(1 minute)' },
    };
    const waiting: PricedResource = { Type: 'AWS::Events::Rule', Properties: { EventPattern: {} } };
    expect(unpricedOf({ table, clock, waiting })).toEqual([
      'table: a table that is not on demand: its capacity is billed by the hour',
      'clock: a rule that runs by the clock: only AWS::Scheduler::Schedule is priced',
    ]);
  });
});

describe('an idle sweep, run', () => {
  let dynoxide: Dynoxide;
  let meter: MeteringProxy;
  let dynamo: DynamoDBClient;
  let tableName: string;
  let sweep: () => Promise<unknown>;

  beforeAll(async () => {
    dynoxide = await startDynoxide(undefined);
    meter = new MeteringProxy(() => dynoxide.endpoint);
    const template = Template.parse(dev.toJSON());
    const names = localNames(template, {
      baseUrl: 'http://127.0.0.1',
      queueUrl: (queue) => `http://127.0.0.1/${queue}`,
    });
    const { tables, functions } = readResources(template, names);
    dynamo = new DynamoDBClient(clientOf(dynoxide.endpoint));
    for (const table of tables) await provisionTable(dynamo, table);
    const sweeper = functions.find(({ folder }) => folder === 'sweeper')!;
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const own = {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: await meter.start(),
      // Powertools then writes where a test can listen, but metrics only when told.
      POWERTOOLS_DEV: 'true',
      POWERTOOLS_METRICS_DISABLED: 'false',
    };
    for (const [name, value] of Object.entries(own)) vi.stubEnv(name, value);
    tableName = sweeper.environment[ENV.tableName]!;
    const handler = createSweeperHandler({ ...sweeper.environment, ...own });
    sweep = () => handler({}, lambdaContext(sweeper));
    await sweep();
  });

  afterEach(() => vi.restoreAllMocks());

  afterAll(async () => {
    vi.unstubAllEnvs();
    await meter.stop();
    await dynoxide.stop();
  });

  /** The lines that a sweep writes; metrics are lines, too. */
  async function linesOf(run: () => Promise<unknown>): Promise<string[]> {
    const lines: string[] = [];
    for (const method of ['log', 'info', 'warn', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((line: unknown) => void lines.push(String(line)));
    }
    await run();
    return lines;
  }

  test('reads what the bill says, and neither writes a line nor publishes a metric', async () => {
    meter.reset();
    const lines = await linesOf(sweep);
    expect(Object.fromEntries(meter.calls)).toEqual({ Query: IDLE_SWEEP.queries });
    expect(meter.readUnits).toBeLessThanOrEqual(IDLE_SWEEP.queries * IDLE_SWEEP.readUnitsPerQuery);
    expect(lines.join('').length).toBe(IDLE_SWEEP.logBytes);
    expect(lines.filter((line) => line.includes('CloudWatchMetrics'))).toHaveLength(IDLE_SWEEP.customMetrics);
  });

  test('takes far less time here than Lambda is taken to bill', async () => {
    const durations: number[] = [];
    for (let run = 0; run < 20; run += 1) {
      const began = performance.now();
      await sweep();
      durations.push(performance.now() - began);
    }
    // The fastest: neighbours on this machine are none of its cost.
    expect(Math.min(...durations)).toBeLessThan(IDLE_SWEEP.billedMs / 4);
  });

  test('one that finds something does write: the silence above is not deafness', async () => {
    const due = { key: { workspace: 'ws', execution: 'lost' }, check: epochMs(1) };
    await dynamo.send(new PutItemCommand({ TableName: tableName, Item: checkEntry(0, due) }));
    const lines = await linesOf(sweep);
    expect(lines.some((line) => line.includes('CloudWatchMetrics'))).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });
});

describe('npm run synth', () => {
  const run = (folder: string) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../cli/idle-cost.ts'), folder]);
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-idle-cost-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('says where there is nothing to read, and what to do', async () => {
    await expect(run(folder)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run synth') as string,
    });
  });

  test('prints what the synthesized stack costs idle, not what lies there of another', async () => {
    const template = (Type: string) => JSON.stringify({ Resources: { Key0123ABCD: { Type } } });
    writeFileSync(join(folder, 'mine-dev.template.json'), template('AWS::KMS::Key'));
    writeFileSync(join(folder, 'old-dev.template.json'), template('AWS::CloudWatch::Dashboard'));
    const artifacts = {
      'mine-dev': { type: 'aws:cloudformation:stack', properties: { templateFile: 'mine-dev.template.json' } },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: '1', artifacts }));
    const { stdout } = await run(folder);
    expect(stdout.trimEnd()).toBe(
      [
        'mine-dev idle, USD a month (730 h, us-east-1, no free tier):',
        '  key Key  1.000  a customer managed key',
        '  total    1.000',
      ].join('\n'),
    );
  });
});
