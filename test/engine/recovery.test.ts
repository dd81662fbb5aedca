import { afterAll, describe, expect, test } from 'vitest';
import { acceptCallback, type Callback } from '../../shared/engine/callback.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import { redrive } from '../../shared/engine/redrive.ts';
import { Audit } from '../support/audit.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes, type Result } from '../support/engine-harness.ts';
import { FaultPlan, FAULTS, InjectedFault, type Fault } from '../support/faulty-ports.ts';
import { seededChooser } from '../support/orders.ts';
import type { Script } from '../support/scripted-task.ts';

/**
 * Every single call to store and queue fails in turn, in every way; then the message comes again, at once or later, or
 * is lost and the sweeper has to find the way. The execution must end as it does without faults.
 */
interface Scenario {
  readonly nodes: Nodes;
  readonly script?: Script;
  readonly more?: Readonly<Record<string, string>>;
  /** What somebody does from outside, and when. */
  readonly act?: {
    readonly when: (harness: EngineHarness) => Promise<boolean>;
    readonly what: (harness: EngineHarness) => Promise<void>;
  };
  readonly holds?: (node: string) => boolean;
  /** Which part of the end must be the same whatever happens; by default everything. */
  readonly compare?: (result: Result) => unknown;
}

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });

async function statusOf(harness: EngineHarness, node: string): Promise<string | undefined> {
  const header = await harness.store.readHeader(harness.key);
  return header === undefined ? undefined : (await harness.result()).nodes[node]?.status;
}

const isWaiting = (node: string) => async (harness: EngineHarness) => (await statusOf(harness, node)) === 'waiting';

function answer(node: string): NonNullable<Scenario['act']> {
  return {
    when: isWaiting(node),
    what: (harness) => {
      const callback: Callback = {
        ...harness.key,
        node,
        gen: 1,
        payload: { output: { approved: true } },
        digest: 'd',
        requestId: 'request',
      };
      return harness.request((deps) => acceptCallback(deps, (_, value) => ({ value, problems: [] }), callback));
    },
  };
}

function cancel(when: (harness: EngineHarness) => Promise<boolean>): NonNullable<Scenario['act']> {
  return { when, what: (harness) => harness.request((deps) => cancelExecution(deps, harness.key, 'request')) };
}

/** Somebody mends what was wrong and redrives; a plain redrive, so that all of it runs at most once more. */
const repair: NonNullable<Scenario['act']> = {
  when: () => Promise.resolve(false),
  what: (harness) => {
    harness.retell({});
    return harness.request((deps) => redrive(deps, { ...harness.key, freshKeys: false, requestId: 'request' }));
  },
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a line a → b → c': {
    nodes: { a: task(), b: task('a'), c: task('b') },
    more: { output: '{{ nodes.c.output.from }}' },
  },
  'a diamond': {
    nodes: {
      a: task(),
      b: task('a'),
      c: task('a'),
      d: { ...task('b', 'c'), with: { seen: '{{ nodes.b.output.from + nodes.c.output.from }}' } },
    },
  },
  'a pure diamond': {
    nodes: {
      a: task(),
      b: task('a'),
      c: task('a'),
      d: { type: 'transform', needs: ['b', 'c'], with: { value: '{{ nodes.b.output.from + nodes.c.output.from }}' } },
      e: task('d'),
    },
  },
  'a fan-out of 25 and back': {
    nodes: {
      a: task(),
      ...Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`f${at}`, task('a')])),
      z: task(...Array.from({ length: 25 }, (_, at) => `f${at}`)),
    },
  },
  'a condition with a skipped branch': {
    nodes: {
      a: task(),
      c: {
        type: 'condition',
        needs: ['a'],
        with: { cases: [{ branch: 'big', if: '{{ nodes.a.output.n > 3 }}' }], default: 'small' },
      },
      x: task('c.big'),
      y: task('c.small'),
      y2: task('y'),
      j: task('x', 'y2'),
    },
    script: { a: { output: { n: 5 } } },
  },
  'a failure, caught, with `always` below': {
    nodes: {
      a: task(),
      b: task('a'),
      h: task('b.error'),
      s: task('b'),
      p: { type: 'pass', needs: ['s', 'h'], join: 'always' },
      q: task('p'),
    },
    script: { b: { fail: 'boom' } },
  },
  'an uncaught failure with a pure `always` node below a skipped one': {
    nodes: { a: task(), b: task('a'), s: task('b'), p: { type: 'pass', needs: ['s'], join: 'always' }, q: task('p') },
    script: { b: { fail: 'boom' } },
  },
  'a `first` join': {
    nodes: { a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' }, g: task('f') },
  },
  'a `first` join of long nodes': {
    nodes: {
      a: { ...task(), timeout: '5m' },
      b: { ...task(), timeout: '5m' },
      f: { type: 'pass', needs: ['a', 'b'], join: 'first' },
      g: task('f'),
    },
  },
  retries: {
    nodes: { a: { ...task(), retry: { delays: ['0s', '1m', '5m'] } }, b: task('a') },
    script: {
      a: [
        { fail: 'http_503', category: 'transient', retryable: true },
        { fail: 'http_503', category: 'transient', retryable: true },
        { output: 3 },
      ],
    },
  },
  'retries that are used up': {
    nodes: { a: task(), b: { ...task('a'), retry: { attempts: 2, first: '1s' } }, c: task('b') },
    script: { b: { fail: 'http_503', category: 'transient', retryable: true } },
  },
  'a wait': {
    nodes: { a: task(), w: { type: 'wait', needs: ['a'], with: { duration: '10m' } }, b: task('w') },
    compare: withoutTimes,
  },
  gates: {
    nodes: {
      a: task(),
      b: { ...task('a'), if: '{{ nodes.a.output.from == "a" }}' },
      c: { ...task('a'), if: '{{ nodes.a.output.from == "b" }}' },
      d: { ...task('b', 'c'), if: '{{ true }}' },
    },
  },
  'a node that must run at most once, untouched': { nodes: { a: task(), b: task('a'), c: task('b') } },
  'a callback': {
    nodes: {
      a: task(),
      w: { type: 'approval', needs: ['a'] },
      b: task('a'),
      c: { ...task('w', 'b'), with: { ok: '{{ nodes.w.output.approved }}' } },
    },
    act: answer('w'),
  },
  'a callback that nobody sends': { nodes: { w: { type: 'approval', with: { expires: '1h' } }, b: task('w.error') } },
  'a cancel while a node waits': {
    nodes: { a: task(), w: { type: 'approval', needs: ['a'] }, c: task('w') },
    act: cancel(isWaiting('w')),
  },
  'a cancel while a node runs': {
    nodes: { a: task(), b: task('a'), c: task('b') },
    holds: (node) => node === 'b',
    act: cancel((harness) => Promise.resolve(harness.runsOf('b').length > 0)),
    // b may have ended before it was told; c has no end of its own or was fenced, but never started.
    compare: ({ status, nodes }) => ({
      status,
      started: !['cancelled', 'undecided'].includes(nodes['c']?.status ?? ''),
    }),
  },
  'a redrive of a diamond': {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c'), n: { ...task('b'), join: 'always' } },
    script: { b: { fail: 'boom' } },
    act: repair,
  },
  'a redrive of a pure node behind an effect that is kept': {
    nodes: {
      a: task(),
      p: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.a.output.ok }}' } },
      q: { type: 'pass', needs: ['p'] },
      b: task('q'),
      f: { ...task('q', 'a'), join: 'first' },
    },
    script: { a: { output: { ok: 1 } }, b: { fail: 'boom' } },
    act: repair,
  },
  'a timeout while a node waits': {
    nodes: { a: task(), w: { type: 'approval', needs: ['a'] }, c: task('w') },
    more: { timeout: '1h' },
  },
};

function withoutTimes({ nodes, ...result }: Result): unknown {
  return { ...result, nodes: Object.fromEntries(Object.entries(nodes).map(([id, { status }]) => [id, status])) };
}

interface Executed {
  readonly end: unknown;
  readonly harness: EngineHarness;
  readonly violations: readonly string[];
}

async function execute(
  { act, compare = (result) => result, ...scenario }: Scenario,
  plan: ReturnType<typeof compile>,
  options: HarnessOptions,
  seed: number,
): Promise<Executed> {
  const audit = new Audit(plan);
  const { script = {}, holds } = scenario;
  const harness = new EngineHarness(plan, {
    ...options,
    script,
    ...(holds !== undefined && { holds }),
    watch: audit.watch,
  });
  const lost = options.afterFault === 'lost';
  const choose = seededChooser(seed);
  const run = (until?: () => Promise<boolean>) =>
    lost ? harness.sweepToEnd(choose, until) : harness.runToEnd(choose, until);
  await harness.start();
  if ((await harness.store.readHeader(harness.key)) === undefined) await harness.start();
  if (act !== undefined) {
    const due = async () => (await harness.hasEnded()) || (await act.when(harness));
    await run(due);
    await act.what(harness);
    if (lost) await act.what(harness);
  }
  await run();
  harness.dispose();
  const letters = (await harness.store.deadLettersOf(harness.key)).map(({ node, gen, status }) => [node, gen, status]);
  return { end: [compare(await harness.result()), letters], harness, violations: audit.violations };
}

const STALLS = { 'beyond the lease': 70_000, 'beyond the visibility timeout': 1_000_000 };

interface Trouble {
  readonly fault: Fault;
  readonly afterFault: NonNullable<HarnessOptions['afterFault']>;
  readonly stallMs: number;
}

const TROUBLES: readonly Trouble[] = FAULTS.flatMap((fault) =>
  fault.startsWith('stalled')
    ? Object.values(STALLS).map((stallMs) => ({ fault, afterFault: 'when_visible' as const, stallMs }))
    : (['at_once', 'when_visible', 'lost'] as const).map((afterFault) => ({ fault, afterFault, stallMs: 0 })),
);

let executions = 0;
afterAll(() => console.log(`recovery: ${executions} executions with one fault each`));

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  const plan = compile(scenario.nodes, scenario.more);

  test.each(TROUBLES)(
    'every call in turn: $fault, message comes $afterFault, still for $stallMs ms',
    async ({ fault, afterFault, stallMs }) => {
      const clean = await execute(scenario, plan, {}, 1);
      expect(clean.violations).toEqual([]);
      expect(clean.harness.errors).toEqual([]);
      const problems: unknown[] = [];
      let happened = true;
      for (let number = 1; happened; number += 1) {
        happened = false;
        const faults = new FaultPlan((call) => {
          if (call.number !== number) return undefined;
          happened = true;
          return fault;
        });
        executions += 1;
        const label = () => `call ${number}: ${faults.names[number - 1]}`;
        try {
          const { end, harness, violations } = await execute(scenario, plan, { faults, afterFault, stallMs }, number);
          if (!isSame(end, clean.end)) problems.push([label(), end]);
          const bugs = harness.errors.filter((error) => !(error instanceof InjectedFault)).map(String);
          if (violations.length + bugs.length > 0) problems.push([label(), violations, bugs]);
        } catch (error) {
          problems.push([label(), String(error)]);
        }
      }
      expect(problems).toEqual([]);
    },
  );
});

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
