import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesizedTemplate, type TemplateVariant } from '../../local/template/synth.ts';
import { ROUTES } from '../../shared/contracts/routes.ts';
import { DONE_WITHOUT, LOCAL_ONLY, OF_THE_BUS, READ_BY_THE_RUNTIME, SET_BY_LAMBDA } from './environment-lists.ts';
import { describeRefusals } from './guard/ledger.ts';
import { JUSTIFIED } from './justified.ts';
import { mustNot } from './must-not.ts';
import { bury } from './tour/burial.ts';
import { isolate } from './tour/isolation.ts';
import { goOrdinaryWays } from './tour/ordinary.ts';
import { repair } from './tour/repair.ts';
import { Setting } from './tour/setting.ts';
import { sweep } from './tour/sweeping.ts';
import { namedAs, Trial } from './trial.ts';
import { wildcards } from './wildcards.ts';

/**
 * The proof of permissions. A tour makes every function do all that it can do, on the local stack made from the
 * synthesized template; each call is decided by the policies in that template, for the function that made it, and calls
 * that AWS makes by itself are added from a table (`aws-side/`). Then, for every template that is deployed:
 *
 * P1. Nothing that was asked for is denied.
 * P2. Each single grant (role, action, resource) is needed: without it something that was asked for is denied. What is
 *     not needed has its reason in `justified.ts`.
 * P3. No grant is a wildcard, but where AWS leaves no choice.
 * P4. What must never be permitted is not.
 * P5. The functions find in their environment, and are fed from queues, what the template says, and nothing else.
 *
 * What this cannot show, since nothing but an account can:
 *
 * - what the person or the pipeline that deploys must be permitted (CloudFormation, CDK's bootstrap roles);
 * - limits from outside the stack: organisation policies (SCP, RCP), permission boundaries, VPC endpoint policies, account
 *   settings such as S3's block of public access;
 * - that IAM decides as our evaluator does. It refuses what it does not know (operators, condition keys, resource types,
 *   managed policies), its rules are IAM's documented ones, but it is not IAM;
 * - that AWS makes by itself exactly the calls in our tables, under exactly these names. Known to be left out: the log
 *   delivery of API Gateway's access log (a resource policy of the account, which API Gateway keeps), KMS where a
 *   service's own background work uses a key (DynamoDB's grants, which whoever deploys the table lets it create);
 * - answers that depend on rights nobody asks for: S3 says 403 instead of 404 for a missing object to whoever may not list
 *   the bucket;
 * - that grants take effect at once: IAM is eventually consistent, and a first invocation may come earlier;
 * - TLS: the SDK uses it unless told otherwise; the emulators speak plain HTTP and stand for such calls;
 * - variables that libraries read in `process.env` by themselves (Powertools, the SDK): ours are read in `index.ts` alone.
 */
const LIVE: TemplateVariant = { stage: 'dev', options: { lifecycleEvents: true } };
const OTHERS: readonly TemplateVariant[] = [
  { stage: 'dev' },
  { stage: 'prod' },
  { stage: 'prod', options: { lifecycleEvents: true, alarmEmail: 'somebody@example.com' } },
];
const VARIANTS = [LIVE, ...OTHERS].map((variant) => [nameOf(variant), variant] as const);

function nameOf({ stage, options = {} }: TemplateVariant): string {
  return [stage, ...Object.keys(options)].join(' with ');
}

let setting: Setting;
const trials = new Map<string, Trial>();

beforeAll(async () => {
  setting = await Setting.start({ variant: LIVE, place: () => expect.getState().currentTestName ?? 'a hook' });
});
afterAll(() => setting.stop());

async function trialOf(variant: TemplateVariant): Promise<Trial> {
  const name = nameOf(variant);
  const live = await synthesizedTemplate(LIVE);
  const template = variant === LIVE ? live : namedAs(live, await synthesizedTemplate(variant));
  const trial = trials.get(name) ?? new Trial(template, setting.guard.ledger.calls.values());
  trials.set(name, trial);
  return trial;
}

const WAYS = [
  ['goes the ordinary ways', goOrdinaryWays],
  ['repairs what failed', repair],
  ['isolates what its worker died of', isolate],
  ['buries what nobody could work', bury],
  ['finds what was lost', sweep],
] as const;
const gone = new Set<string>();

/** What a tour needs is not known before it has come to its end: each grant that it did not get to would seem idle. */
function expectWholeTour(): void {
  expect(gone, 'The tour did not come to its end; see there.').toEqual(new Set(WAYS.map(([name]) => name)));
}

describe('a tour of the local stack', () => {
  test.each(WAYS)('%s', async (name, go) => {
    await go(setting);
    gone.add(name);
  });

  test('asked the API for everything that it offers', () => {
    expect([...setting.operations].sort()).toEqual([...new Set(ROUTES.map(({ operation }) => operation))].sort());
  });

  test('saw every function at work', async () => {
    const { judge } = await trialOf(LIVE);
    expect([...setting.guard.ledger.callers].sort()).toEqual(judge.deployment.functions.map(({ id }) => id).sort());
  });

  test('asked AWS for nothing that it would have denied', () => {
    const { refusals } = setting.guard.ledger;
    expect(refusals.length === 0 ? '' : describeRefusals(refusals)).toBe('');
  });
});

describe.each(VARIANTS)('the template of %s', (_name, variant) => {
  test('P1: permits all that was asked for', async () => {
    expect((await trialOf(variant)).denied()).toEqual([]);
  });

  test('P2: grants nothing without which all of that would be permitted as well, unless there is a reason', async () => {
    expectWholeTour();
    const needless = (await trialOf(variant)).needless();
    expect(needless.filter((grant) => !Object.hasOwn(JUSTIFIED, grant))).toEqual([]);
  });

  test('P3: has no wildcard where AWS knows anything narrower', async () => {
    const { grants, judge } = await trialOf(variant);
    expect(wildcards(grants, judge.deployment)).toEqual([]);
  });

  test('P4: does not permit what must never be', async () => {
    const { judge } = await trialOf(variant);
    const forbidden = mustNot(judge.policies, judge.deployment);
    expect(forbidden.length).toBeGreaterThan(50);
    expect(forbidden.filter(([, call]) => judge.decide(call).allowed).map(([what]) => what)).toEqual([]);
  });

  test('P5: feeds the functions from the queues that were polled, in batches of that size, and heeds what they report', async () => {
    const { mappings } = (await trialOf(variant)).judge.deployment;
    const mapped = mappings.map(({ functionId, queue, batchSize }) => ({ functionId, queue, batchSize }));
    expect(new Set(setting.guard.ledger.polls)).toEqual(new Set(mapped));
    const heeded = mappings.filter(({ reportsFailures }) => reportsFailures).map(({ functionId }) => functionId);
    expect(heeded).toEqual(expect.arrayContaining([...setting.reporting]));
    expect(setting.reporting.size).toBe(mappings.length);
  });

  test('P5: gives each function all the variables that it reads, and none that nobody reads', async () => {
    const { variables, judge } = await trialOf(variant);
    const hasBus = judge.deployment.buses.length > 0;
    for (const [id, { names }] of setting.environments) {
      const given = variables.get(id) ?? [];
      const doesWithout = (name: string) => DONE_WITHOUT[name]?.by.some((fn) => id.startsWith(fn)) === true;
      const wanted = [...names].filter(
        (name) =>
          !Object.hasOwn(LOCAL_ONLY, name) &&
          !SET_BY_LAMBDA.has(name) &&
          !doesWithout(name) &&
          (hasBus || name !== OF_THE_BUS),
      );
      const expected = [...wanted, ...READ_BY_THE_RUNTIME].sort();
      expect({ id, given: given.toSorted() }).toEqual({ id, given: expected });
    }
  });
});

test('P2: each reason in justified.ts is still one', async () => {
  expectWholeTour();
  const needless = new Set<string>();
  for (const [, variant] of VARIANTS) for (const grant of (await trialOf(variant)).needless()) needless.add(grant);
  expect(Object.keys(JUSTIFIED).filter((grant) => !needless.has(grant))).toEqual([]);
});

describe('P5: the environment', () => {
  test('is the template’s, and what LOCAL_ONLY names', async () => {
    const { variables } = await trialOf(LIVE);
    expect([...setting.environments.keys()].sort()).toEqual([...variables.keys()].sort());
    for (const [id, { given }] of setting.environments) {
      const names = Object.keys(given).filter((name) => given[name] !== undefined);
      const own = names.filter((name) => !Object.hasOwn(LOCAL_ONLY, name) && !SET_BY_LAMBDA.has(name));
      expect({ id, names: own.sort() }).toEqual({ id, names: [...(variables.get(id) ?? [])].sort() });
    }
  });

  test('holds everything in LOCAL_ONLY', () => {
    for (const { given } of setting.environments.values())
      expect(Object.keys(LOCAL_ONLY).filter((name) => given[name] === undefined)).toEqual([]);
  });

  test('is read where a function starts, and nowhere else', () => {
    const readers = ['lambdas', 'shared'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(folder, file))
        .filter((file) => /\bprocess\s*(?:\.|\[\s*['"])env\b/.test(readFileSync(file, 'utf8'))),
    );
    expect(readers.filter((file) => !/^lambdas\/[\w-]+\/index\.ts$/.test(file))).toEqual([]);
    expect(readers).toHaveLength(4);
  });
});
