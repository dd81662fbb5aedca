import { PRICES } from '../../shared/config/prices.ts';
import type { CostItem, Finding } from './finding.ts';
import { IDLE_SWEEP } from './idle-sweep.ts';
import { counted, perMillion, timesPerMonth } from './month.ts';
import { at, listAt, numberAt, referredBy, tablesOf, textAt, type PricedTemplate } from './priced-template.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Lambda's START and REPORT lines of an invocation as JSON, with the 26 bytes that CloudWatch adds to each. */
const PLATFORM_LOG_BYTES = 600;
/** Log levels at which Lambda writes them for each invocation, not only for one that failed; without any, too. */
const CHATTY_LEVELS: ReadonlySet<unknown> = new Set(['INFO', 'DEBUG', undefined]);
/**
 * DynamoDB does not ask KMS for the table's key at each call but every five minutes
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html); taken for each connection,
 * of which a sweep opens one a query.
 */
const TABLE_KEY_SECONDS = 5 * 60;
const BYTES_PER_GB = 1e9;
const MB_PER_GB = 1_024;

/** So many sweeps that find nothing due. */
export function sweepingCost(sweeps: number, fn: Properties, template: PricedTemplate): Finding[] {
  if (!listAt(fn, 'Architectures').includes('arm64')) return [{ what: 'sweeper', problem: 'only arm64 is priced' }];
  const memoryMb = numberAt(fn, 'MemorySize') ?? 128;
  const gbSeconds = sweeps * (IDLE_SWEEP.billedMs / 1_000) * (memoryMb / MB_PER_GB);
  const { queries, readUnitsPerQuery, billedMs } = IDLE_SWEEP;
  return [
    {
      what: 'sweeper, requests',
      why: `${counted(sweeps)} invocations`,
      usdPerMonth: perMillion(sweeps, PRICES.lambda.usdPerMillionRequests),
    },
    {
      what: 'sweeper, duration',
      why: `${counted(sweeps)} × ${billedMs} ms × ${memoryMb} MB`,
      usdPerMonth: gbSeconds * PRICES.lambda.usdPerGbSecondArm64,
    },
    {
      what: 'sweeper, reads',
      why: `${counted(sweeps)} × ${queries} empty queries of ${readUnitsPerQuery} read units`,
      usdPerMonth: perMillion(sweeps * queries * readUnitsPerQuery, PRICES.dynamodb.usdPerMillionReadUnits),
    },
    {
      what: 'sweeper, metrics',
      why: `custom metrics that an idle sweep publishes: ${IDLE_SWEEP.customMetrics}`,
      usdPerMonth: IDLE_SWEEP.customMetrics * PRICES.cloudWatch.usdPerCustomMetricMonth,
    },
    ...tracing(sweeps, fn),
    ...logging(sweeps, fn, template),
    ...tableKey(template),
  ];
}

function tracing(sweeps: number, fn: Properties): CostItem[] {
  if (at(fn, 'TracingConfig', 'Mode') !== 'Active') return [];
  return [
    {
      what: 'sweeper, traces',
      // X-Ray samples the first request of each second: every sweep is one.
      why: `${counted(sweeps)} traces, none left out by X-Ray's sampling`,
      usdPerMonth: perMillion(sweeps, PRICES.xray.usdPerMillionTracesRecorded),
    },
  ];
}

function logging(sweeps: number, fn: Properties, template: PricedTemplate): CostItem[] {
  const isQuiet = !CHATTY_LEVELS.has(at(fn, 'LoggingConfig', 'SystemLogLevel'));
  const bytes = IDLE_SWEEP.logBytes + (isQuiet ? 0 : PLATFORM_LOG_BYTES);
  if (bytes === 0) return [];
  const group = referredBy(at(fn, 'LoggingConfig', 'LogGroup'));
  const groupProperties = group === undefined ? undefined : template.Resources[group]?.Properties;
  const isInfrequent = textAt(groupProperties, 'LogGroupClass') === 'INFREQUENT_ACCESS';
  const { usdPerLogGbIngestedStandard: standard, usdPerLogGbIngestedInfrequentAccess: infrequent } = PRICES.cloudWatch;
  return [
    {
      what: 'sweeper, log',
      why: `${counted(sweeps)} × ${bytes} bytes taken in; to keep them for three months is less than a cent`,
      usdPerMonth: ((sweeps * bytes) / BYTES_PER_GB) * (isInfrequent ? infrequent : standard),
    },
  ];
}

/** A key of ours, or the one that AWS manages for us: both are asked, and each question is billed. */
function tableKey(template: PricedTemplate): CostItem[] {
  const isEncrypted = tablesOf(template).some(
    ({ properties }) => at(properties, 'SSESpecification', 'SSEEnabled') === true,
  );
  if (!isEncrypted) return [];
  const requests = IDLE_SWEEP.queries * timesPerMonth(TABLE_KEY_SECONDS);
  return [
    {
      what: "sweeper, the table's key",
      why: `${counted(requests)} KMS requests: ${IDLE_SWEEP.queries} connections, each five minutes`,
      usdPerMonth: perMillion(requests, PRICES.kms.usdPerMillionRequests),
    },
  ];
}
