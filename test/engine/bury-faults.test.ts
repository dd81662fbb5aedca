import { afterAll, describe, expect, test } from 'vitest';
import { acceptCallback } from '../../shared/engine/callback.ts';
import { Audit } from '../support/audit.ts';
import { bury, dieOf, isGroup, isNode } from '../support/burial.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes, type Result } from '../support/engine-harness.ts';
import { FaultPlan, FAULTS, InjectedFault, type Fault } from '../support/faulty-ports.ts';

/**
 * Every single call of a burial fails in turn, in every way; then the dead message comes again, at once or later, or is
 * lost for ever and the sweeper has to find the way. The execution must end as it does without faults; without the
 * message it may end better, but it must end.
 */
interface Scenario {
  readonly nodes: Nodes;
  readonly dead: Parameters<typeof dieOf>[1];
  /** What is done from outside before the message dies. */
  readonly before?: (harness: EngineHarness) => Promise<void>;
}

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const long = (...needs: string[]) => ({ ...task(...needs), timeout: '5m' });
const fan = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`f${at}`, task('a')]));

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a node whose failure an error edge takes': {
    nodes: { a: task(), b: long('a'), h: task('b.error'), c: task('b'), z: { ...task('h', 'c'), join: 'always' } },
    dead: isNode('b'),
  },
  'a node whose failure fails the execution': {
    nodes: { a: task(), b: long('a'), c: task('b'), d: task('a') },
    dead: isNode('b'),
  },
  'a group of three': {
    nodes: { a: task(), ...fan, h: task('f11.error'), z: { ...task(...Object.keys(fan)), join: 'always' } },
    dead: isGroup,
  },
  'the first message of all': {
    nodes: { a: task(), b: task(), z: { ...task('a', 'b'), join: 'always' } },
    dead: isNode('$start'),
  },
  'a pure join': {
    nodes: { w: { type: 'approval' }, b: task(), p: { type: 'pass', needs: ['w', 'b'] }, q: task('p.error') },
    dead: isNode('p'),
    before: async (harness) => {
      await harness.runToEnd();
      const callback = { node: 'w', gen: 1, payload: { output: 1 }, digest: 'd', requestId: 'r' };
      await harness.request((deps) =>
        acceptCallback(deps, (_, value) => ({ value, problems: [] }), { ...harness.key, ...callback }),
      );
      // The guard would go on with the execution while the burial waits for its next try.
      for (const { id, message } of harness.queue.messages) if (message.kind === 'recover') harness.queue.lose(id);
    },
  },
  'a timer': {
    nodes: { t: { type: 'wait', with: { duration: '2h' } }, b: task('t') },
    dead: isNode('t'),
  },
};

interface Executed {
  readonly result: Result;
  readonly ended: boolean;
  readonly violations: readonly string[];
  readonly errors: readonly unknown[];
}

type Again = 'at_once' | 'when_visible' | 'lost';

async function execute(
  { dead: wanted, before }: Scenario,
  plan: ReturnType<typeof compile>,
  { faultAt, fault, again, stallMs }: { faultAt: number; fault: Fault; again: Again; stallMs: number },
  names: string[] = [],
): Promise<Executed> {
  const audit = new Audit(plan);
  let from: number | undefined;
  const faults = new FaultPlan(({ number, name }) => {
    if (from === undefined) return undefined;
    names.push(name);
    return number - from === faultAt ? fault : undefined;
  });
  const options: HarnessOptions = {
    faults,
    stallMs,
    watch: audit.watch,
    afterFault: again === 'lost' ? 'lost' : 'at_once',
  };
  const harness = new EngineHarness(plan, options);
  await harness.start();
  await before?.(harness);
  const dead = await dieOf(harness, wanted);
  from = faults.calls;
  if (again === 'lost') await bury(harness, dead, { stallMs, deliveries: 1 }).catch(() => undefined);
  else await bury(harness, dead, { again, stallMs });
  from = undefined;
  if (again === 'lost') await harness.sweepToEnd();
  await harness.runToEnd();
  harness.dispose();
  return {
    result: await harness.result(),
    ended: await harness.hasEnded(),
    violations: audit.violations,
    errors: harness.errors.filter((error) => !(error instanceof InjectedFault)),
  };
}

const TROUBLES: readonly { readonly fault: Fault; readonly again: Again; readonly stallMs: number }[] = FAULTS.flatMap(
  (fault) =>
    fault.startsWith('stalled')
      ? [70_000, 1_000_000].map((stallMs) => ({ fault, again: 'at_once' as const, stallMs }))
      : (['at_once', 'when_visible', 'lost'] as const).map((again) => ({ fault, again, stallMs: 0 })),
);

let executions = 0;
afterAll(() => console.log(`burials: ${executions} with one fault each`));

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  const plan = compile(scenario.nodes);

  test.each(TROUBLES)('every call in turn: $fault, message comes $again, still for $stallMs ms', async (trouble) => {
    const names: string[] = [];
    const clean = await execute(scenario, plan, { ...trouble, faultAt: 0 }, names);
    expect(clean).toMatchObject({ ended: true, violations: [], errors: [] });
    expect(names.length).toBeGreaterThan(3);
    const problems: unknown[] = [];
    for (let faultAt = 1; faultAt <= names.length; faultAt += 1) {
      executions += 1;
      const { result, ended, violations, errors } = await execute(scenario, plan, { ...trouble, faultAt });
      const same = trouble.again === 'lost' || JSON.stringify(result) === JSON.stringify(clean.result);
      if (!same || !ended || violations.length > 0 || errors.length > 0)
        problems.push({ call: `${faultAt} ${names[faultAt - 1]}`, result, violations, errors: errors.map(String) });
    }
    expect(problems).toEqual([]);
  });
});
