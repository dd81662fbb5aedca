import type { Json } from '../../../shared/domain/json.ts';
import { workflowOf, type NodeSpecs, type Scenario, type ScriptedExecution } from '../scenario/scenario.ts';
import type { Outage, Script } from '../world/target.ts';

/** Which way back is open. */
export type Recovery = 'redelivery' | 'sweeper';

/** A workflow in which one thing matters, and what clients do to it. */
export interface CanonicalDag {
  readonly nodes: NodeSpecs;
  readonly script?: Script;
  readonly more?: Readonly<Record<string, Json>>;
  readonly clients?: Partial<
    Pick<ScriptedExecution, 'heldUntilMs' | 'cancelMs' | 'cancelWhen' | 'answers' | 'repairs' | 'startAgainMs'>
  >;
  readonly outages?: readonly Outage[];
  /** Absent: both, one at a time. */
  readonly recoveries?: readonly Recovery[];
  /**
   * How much of the end must be as in the run without faults: everything; all but the generation, where a client that
   * asks again may get another one; the status, where clients race with the engine; or one of two ends of a node that is
   * not to be repeated.
   */
  readonly same?: 'status' | 'nodes' | { readonly but: string; readonly mayBe: string };
}

const task = (...needs: string[]) => ({ type: 'task', ...(needs.length > 0 && { needs }) });
const flaky = { fail: 'http_503', category: 'transient', retryable: true } as const;
const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);

export const DAGS: Readonly<Record<string, CanonicalDag>> = {
  line: {
    nodes: {
      a: task(),
      b: task('a'),
      c: { ...task('b'), with: { seen: '{{ nodes.b.output.from }}' } },
      d: task('c'),
      e: task('d'),
    },
    more: { output: '{{ nodes.e.output.from }}' },
  },
  diamond: {
    nodes: {
      a: task(),
      b: task('a'),
      c: task('a'),
      d: { ...task('b', 'c'), with: { seen: '{{ nodes.b.output.from + nodes.c.output.from }}' } },
    },
  },
  'pure-diamond': {
    nodes: {
      a: task(),
      b: task('a'),
      c: task('a'),
      d: { type: 'transform', needs: ['b', 'c'], with: { value: '{{ nodes.b.output.from + nodes.c.output.from }}' } },
      e: task('d'),
    },
  },
  'wide-join-25': { nodes: wide(25) },
  'wide-join-70': { nodes: wide(70) },
  'nested-conditions': {
    nodes: {
      a: task(),
      c: condition(['a'], '{{ nodes.a.output.n > 3 }}'),
      d: condition(['c.yes'], '{{ nodes.a.output.n > 7 }}'),
      x: task('d.yes'),
      y: task('d.no'),
      z: task('c.no'),
      z2: task('z'),
      j: { ...task('x', 'y', 'z2'), join: 'merge' },
    },
    script: { a: { output: { n: 5 } } },
  },
  'error-branches': {
    nodes: {
      a: task(),
      b: { ...task('a'), catch: { named: ['boom'] } },
      h: task('b.named'),
      o: task('b.error'),
      s: task('b'),
      t: { ...task('a'), onError: 'continue' },
      p: { type: 'pass', needs: ['s', 'h', 't'], join: 'always' },
      q: task('p'),
    },
    script: { b: { fail: 'boom' }, t: { fail: 'bang' } },
  },
  'uncaught-failure': {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c') },
    script: { b: { fail: 'boom' } },
  },
  retries: {
    nodes: { a: { ...task(), retry: { delays: ['0s', '1m', '5m'] } }, b: task('a') },
    script: { a: [flaky, flaky, { output: 3 }] },
  },
  timers: {
    nodes: { a: task(), w: task('a'), v: task('a'), b: task('w', 'v') },
    script: { w: { wait: 600_000 }, v: { wait: 2_400_000 } },
  },
  callback: {
    nodes: {
      a: task(),
      w: task('a'),
      b: task('a'),
      c: { ...task('w', 'b'), with: { ok: '{{ nodes.w.output.approved }}' } },
    },
    script: { w: { callback: {} } },
    clients: { answers: [{ node: 'w', afterMs: 2_000, payload: { output: { approved: true } } }] },
  },
  'callback-versus-timeout': {
    nodes: { w: task(), b: task('w'), e: task('w.error'), j: task('b', 'e') },
    script: { w: { callback: { expiresMs: 60_000 } } },
    clients: {
      answers: [
        { node: 'w', beforeDueMs: 5, payload: { output: 1 } },
        { node: 'w', beforeDueMs: -5, payload: { output: 2 } },
      ],
    },
    same: 'status',
  },
  'cancel-mid-way': {
    nodes: { a: task(), b: task('a'), c: task('a'), w: task('a'), d: task('b', 'c', 'w') },
    script: { b: { takesMs: 4_000 }, w: { wait: 600_000 } },
    clients: { cancelMs: 1_500 },
    same: 'status',
  },
  'execution-timeout': {
    nodes: { a: task(), w: task('a'), d: task('w') },
    script: { w: { callback: {} } },
    more: { timeout: '20m' },
    same: 'status',
  },
  'at-most-once': {
    nodes: { a: task(), b: { ...task('a'), delivery: 'at-most-once' }, c: task('b'), r: task('b.error') },
    same: { but: 'b', mayBe: 'interrupted' },
  },
  'first-join': {
    nodes: { a: task(), b: task(), f: { ...task('a', 'b'), join: 'first' }, g: task('f') },
    script: { b: { takesMs: 3_000 } },
  },
  'chain-40': {
    nodes: Object.fromEntries(names(40).map((name, at) => [name, at === 0 ? task() : task(`n${at - 1}`)])),
  },
  redrive: {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c') },
    script: { b: { fail: 'boom' }, 'b:2': {} },
    clients: { repairs: [[{ kind: 'redrive', afterMs: 1_000, freshKeys: true }]] },
  },
  'redrive-from-named': {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c'), e: task('d') },
    // Long enough that who asks again while it goes on is told so.
    script: { 'b:2': { wait: 6_000 } },
    clients: { repairs: [[{ kind: 'redrive', afterMs: 1_000, from: ['b'], freshKeys: false }]] },
    same: 'nodes',
  },
  'redrive-behind-pure': {
    nodes: {
      a: task(),
      t: { type: 'transform', needs: ['a'], with: { value: '{{ nodes.a.output.from }}' } },
      b: { ...task('t'), with: { seen: '{{ nodes.t.output }}' } },
      p: { type: 'pass', needs: ['t', 'b'] },
      d: task('p'),
    },
    script: { b: { fail: 'boom' }, 'b:2': {} },
    clients: { repairs: [[{ kind: 'redrive', afterMs: 1_000, freshKeys: true }]] },
  },
  'replay-edited': {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c') },
    script: { b: { fail: 'boom' }, 'b:2': {} },
    clients: {
      repairs: [
        [
          { kind: 'replay', letter: 0, edited: true, afterMs: 1_000 },
          { kind: 'replay', letter: 0, edited: true, afterMs: 1_002 },
        ],
      ],
    },
  },
  'replay-all': {
    nodes: { a: task(), b: task('a'), c: task('a'), d: task('b', 'c') },
    script: { b: { fail: 'boom', heals: 2 }, c: { fail: 'bang', heals: 2 } },
    clients: { repairs: [[{ kind: 'replay_all', ratePerSecond: 10, afterMs: 1_000 }]] },
    same: 'status',
    // The sweeper looks after executions, not after bulk replays: their messages are as safe as the queue.
    recoveries: ['redelivery'],
  },
  'redrive-meets-callback': {
    nodes: { a: task(), w: task('a'), b: task('w') },
    script: { w: { callback: { expiresMs: 10_000 } }, 'w:2': { callback: {} } },
    clients: {
      // The first generation's comes when the second one waits.
      answers: [{ node: 'w', afterMs: 12_000, payload: { output: { approved: true } } }],
      repairs: [[{ kind: 'redrive', afterMs: 500, freshKeys: true }]],
    },
    same: 'status',
  },
  'breaker-wait': {
    nodes: { ...Object.fromEntries(names(5).map((name) => [name, atShop()])), z: { ...atShop(), needs: names(5) } },
    outages: [{ target: 'shop', fromMs: 0, toMs: 30_000 }],
  },
  'held-start': { nodes: { a: task(), b: task('a') }, clients: { heldUntilMs: 5_000, startAgainMs: [10] } },
};

function atShop() {
  return { ...task(), with: { target: 'shop' }, retry: { delays: ['20s', '2m', '10m'] } };
}

function wide(count: number): NodeSpecs {
  const middle = names(count);
  return { a: task(), ...Object.fromEntries(middle.map((name) => [name, task('a')])), z: task(...middle) };
}

function condition(needs: readonly string[], expression: string) {
  return { type: 'condition', needs: [...needs], with: { cases: [{ branch: 'yes', if: expression }], default: 'no' } };
}

/** One execution of it, in a deployment where one way back is open. */
export function scenarioOf(name: string, recovery: Recovery): Scenario & { readonly dag: CanonicalDag } {
  const dag = DAGS[name];
  if (dag === undefined) throw new Error(`there is no DAG ${name}`);
  const execution: ScriptedExecution = {
    key: { workspace: 'alpha', execution: 'ex1' },
    workflow: workflowOf('alpha', name, dag.nodes, dag.script, dag.more),
    input: null,
    startMs: 0,
    startAgainMs: [],
    startAttempts: 50,
    answers: [],
    repairs: [],
    ...dag.clients,
  };
  return {
    dag,
    executions: [execution],
    afterFailure: recovery === 'sweeper' ? 'lost' : 'when_visible',
    sweeper: recovery === 'sweeper',
    clientAttempts: 1,
    coldStarts: 1,
    outages: dag.outages ?? [],
  };
}
