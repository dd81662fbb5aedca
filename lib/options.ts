/** What an operator may decide for a stage, in `cdk.json` under `context.stepwell.<stage>`: versioned, reviewed, the same for all who deploy. */
export interface Options {
  /**
   * A key of your own (KMS, 1 USD a month) encrypts table and bucket, rather than one that AWS keeps. Decide before the
   * first deployment: once it is on, turning it off makes large values unreadable.
   */
  readonly customerKey?: boolean;
  readonly alarms?: boolean;
  /** Who gets the alarms by mail; the subscription has to be confirmed. */
  readonly alarmEmail?: string;
  readonly dashboard?: boolean;
  /** X-Ray traces of the functions, linked through the queues. */
  readonly tracing?: boolean;
  /** Ends of executions as events on a bus of the stack's own, 1 USD a million. */
  readonly lifecycleEvents?: boolean;
  /** The API's access log in CloudWatch's cheaper class. The functions' logs cannot: metrics are extracted from the standard class only. */
  readonly infrequentAccessLogs?: boolean;
  /** Invocations of the worker at once, 2 to 1,000; a new account has ten in all, for all its functions. */
  readonly workerConcurrency?: number;
  /** What the gateway lets through, bursts of twice as many; beyond that 429. */
  readonly apiRequestsPerSecond?: number;
}

type Check = (value: unknown) => boolean;

/** An account's gateway lets through ten thousand, or 2,500 in smaller regions; bursts are twice the rate, and half of that. */
const REQUESTS_PER_SECOND_MAX = 2_500;
/** What Lambda takes as an event source mapping's maximum. */
const WORKERS_MIN = 2;
const WORKERS_MAX = 1_000;

const isBoolean: Check = (value) => typeof value === 'boolean';

const CHECKS: Readonly<Record<keyof Options, { readonly check: Check; readonly wanted: string }>> = {
  customerKey: { check: isBoolean, wanted: 'true or false' },
  alarms: { check: isBoolean, wanted: 'true or false' },
  alarmEmail: {
    check: (value) => typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value),
    wanted: 'an e-mail address',
  },
  dashboard: { check: isBoolean, wanted: 'true or false' },
  tracing: { check: isBoolean, wanted: 'true or false' },
  lifecycleEvents: { check: isBoolean, wanted: 'true or false' },
  infrequentAccessLogs: { check: isBoolean, wanted: 'true or false' },
  apiRequestsPerSecond: {
    check: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= REQUESTS_PER_SECOND_MAX,
    wanted: `a whole number from 1 to ${REQUESTS_PER_SECOND_MAX}, so that its bursts stay within what a gateway allows`,
  },
  workerConcurrency: {
    check: (value) => Number.isInteger(value) && Number(value) >= WORKERS_MIN && Number(value) <= WORKERS_MAX,
    wanted: `a whole number from ${WORKERS_MIN} to ${WORKERS_MAX}`,
  },
};

/** @throws naming every option that does not exist or has no such value: a mistyped one must not silently mean the default. */
export function readOptions(context: unknown, stage: string): Options {
  const stages = objectAt(context, 'context.stepwell');
  const stray = Object.keys(stages).filter((name) => name !== 'dev' && name !== 'prod');
  if (stray.length > 0) throw new Error(`cdk.json: context.stepwell has ${stray.join(', ')}; it has dev and prod.`);
  const given = objectAt(stages[stage], `context.stepwell.${stage}`);
  const problems = Object.entries(given).flatMap(([name, value]) => {
    const known = isOption(name) ? CHECKS[name] : undefined;
    const where = `context.stepwell.${stage}.${name}`;
    if (known === undefined) return [`${where} does not exist; there are ${Object.keys(CHECKS).join(', ')}`];
    return known.check(value) ? [] : [`${where} is ${JSON.stringify(value)}; it is ${known.wanted}`];
  });
  if (problems.length > 0) throw new Error(`cdk.json: ${problems.join('; ')}.`);
  return given;
}

function isOption(name: string): name is keyof Options {
  return Object.hasOwn(CHECKS, name);
}

function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw new Error(`cdk.json: ${where} is ${JSON.stringify(value)}; it is an object of options.`);
}
