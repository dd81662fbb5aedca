import { describe, expect, test } from 'vitest';
import { cancelExecution } from '../../../shared/engine/cancel-execution.ts';
import { acceptCallback } from '../../../shared/engine/callback.ts';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import { redrive } from '../../../shared/engine/redrive.ts';
import { compile, EngineHarness, type HarnessOptions, type Nodes } from '../../support/engine-harness.ts';
import { FaultPlan, FAULTS } from '../../support/faulty-ports.ts';
import { definitionOf, MODEL_INPUT } from '../../support/join-oracle.ts';
import { seededChooser, seededRandom } from '../../support/orders.ts';
import { randomModel } from '../../support/random-model.ts';
import { ChangeLog } from './change-log.ts';
import { judge } from './check.ts';
import type { CallbackEvidence, Effect, Evidence, FaultEvidence } from './evidence.ts';

/** What the real engine writes, right through faults, is what the checker takes for right. */
interface Recorded {
  readonly harness: EngineHarness;
  readonly evidence: (more?: Partial<Evidence>, callbacks?: readonly CallbackEvidence[]) => Promise<Evidence>;
  readonly faults: FaultEvidence[];
}

function record(nodes: Nodes, options: HarnessOptions = {}, more: Readonly<Record<string, Json>> = {}): Recorded {
  const plan = compile(nodes, more);
  const definition: JsonObject = { name: 'test', nodes, ...more };
  const now = { now: () => harness.clock.now() };
  const log = new ChangeLog(now);
  const harness: EngineHarness = new EngineHarness(plan, { ...options, watch: log.watch });
  const effects: Effect[] = [];
  const faults: FaultEvidence[] = [];
  const push = harness.runs.push.bind(harness.runs);
  harness.runs.push = (...runs) => {
    for (const { node, attempt, input, key } of runs) {
      effects.push({
        execution: harness.key.execution,
        node,
        attempt,
        key,
        startedAt: harness.clock.now(),
        input: input as Json,
        afterChange: log.seq,
      });
    }
    return push(...runs);
  };
  const evidence = async (extra: Partial<Evidence> = {}, callbacks: readonly CallbackEvidence[] = []) => ({
    executions: [
      {
        key: harness.key,
        accepted: true,
        definitions: new Map([[1, definition]]),
        header: await harness.store.readHeader(harness.key),
        ...(await harness.store.readAll(harness.key, 'outputs')),
        changes: log.of(harness.key),
        planIds: new Map([[1, plan.nodes.map(({ id }) => id)]]),
        callbacks,
      },
    ],
    effects,
    faults,
    messagesLeft: harness.queue.messages.length,
    skewed: false,
    workspacesTouched: new Set(['ws']),
    ...extra,
  });
  return { harness, evidence, faults };
}

/** With the log, and as the real stack would be judged: by final records alone. */
async function expectClean({ evidence }: Recorded, callbacks?: readonly CallbackEvidence[]): Promise<void> {
  const watched = await evidence({}, callbacks);
  expect(judge(watched).violations).toEqual([]);
  const executions = watched.executions.map(({ changes: _log, planIds: _ids, ...execution }) => execution);
  const effects = watched.effects.map(({ afterChange: _after, ...effect }) => effect);
  expect(judge({ ...watched, executions, effects }).violations).toEqual([]);
}

const task = (more: JsonObject = {}) => ({ type: 'task', ...more });

describe('the checker accepts', () => {
  test('a diamond whose tasks see what is upstream', async () => {
    const run = record(
      {
        a: task(),
        b: task({ needs: ['a'], with: { from: '{{ nodes.a.output.from }}', n: [1, '{{ input.n }}'] } }),
        c: task({ needs: ['a'], with: '{{ nodes.a.output }}' }),
        t: { type: 'transform', needs: ['b'], with: { value: { x: '{{ nodes.b.output.from }}' } } },
        d: task({ needs: ['t', 'c'], with: { x: '{{ nodes.t.output.x }}', key: '{{ node.idempotencyKey }}' } }),
      },
      { input: { n: 7 } },
    );
    await run.harness.start();
    await run.harness.runToEnd();
    await expectClean(run);
  });

  test('retries, a fan-out in groups, conditions, gates, error branches and a `first` join', async () => {
    const wide = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`w${index}`, task({ needs: ['a'] })]));
    const run = record(
      {
        a: task({ retry: { delays: ['0s', '1m'] } }),
        ...wide,
        all: task({ needs: Object.keys(wide), join: 'all' }),
        fast: task({ needs: ['w0', 'w1'], join: 'first' }),
        size: {
          type: 'condition',
          needs: ['all'],
          with: { cases: [{ branch: 'yes', if: '{{ input.yes }}' }], default: 'no' },
        },
        yes: task({ needs: ['size.yes'], if: '{{ input.no }}' }),
        no: task({ needs: ['size.no'] }),
        bad: task({ needs: ['size.yes'], catch: { named: ['http_4xx'] } }),
        named: task({ needs: ['bad.named'] }),
        rescue: task({ needs: ['bad.error'] }),
        timer: { type: 'wait', needs: ['bad.named'], with: { duration: '2h' } },
        last: task({ needs: ['yes', 'no', 'rescue', 'timer'], join: 'always' }),
      },
      {
        script: {
          a: [{ fail: 'http_503', retryable: true }, { fail: 'http_503', retryable: true }, {}],
          bad: { fail: 'http_404' },
        },
        input: MODEL_INPUT,
      },
    );
    await run.harness.start();
    await run.harness.runToEnd();
    expect((await run.harness.header()).status).toBe('succeeded');
    await expectClean(run);
  });

  test('an execution that was cancelled, and one that ran out of time', async () => {
    const nodes = {
      a: task(),
      b: task({ needs: ['a'], timeout: '5m' }),
      c: task({ needs: ['b'] }),
      p: { type: 'transform', needs: ['a', 'b'], if: '{{ input.yes }}', with: { value: 1 } },
      d: task({ needs: ['a'], join: 'always', if: '{{ input.yes }}' }),
    };
    const options = { script: { b: { takesMs: 200_000 }, d: { takesMs: 8_000 } }, input: MODEL_INPUT };
    const cancelled = record(nodes, options);
    await cancelled.harness.start();
    await cancelled.harness.runToEnd(undefined, () => Promise.resolve(cancelled.harness.runsOf('b').length > 0));
    await cancelExecution(cancelled.harness.deps(), cancelled.harness.key, 'r');
    await cancelled.harness.runToEnd();
    expect((await cancelled.harness.header()).status).toBe('cancelled');
    await expectClean(cancelled);

    const late = record(nodes, options, { timeout: '2m' });
    await late.harness.start();
    await late.harness.runToEnd();
    expect((await late.harness.header()).status).toBe('timed_out');
    await expectClean(late);
  });

  test('an approval that was answered', async () => {
    const run = record({ a: task(), ok: { type: 'approval', needs: ['a'], with: {} }, b: task({ needs: ['ok'] }) });
    const { harness } = run;
    await harness.start();
    await harness.runToEnd();
    const payload = { output: { fine: true } };
    const callback = { ...harness.key, node: 'ok', gen: 1, payload, digest: 'd', requestId: 'r' };
    await acceptCallback(harness.deps(), () => ({ problems: [], value: null }), callback);
    await harness.runToEnd();
    await expectClean(run, [{ node: 'ok', gen: 1, sent: payload, answer: 'accepted' }]);
  });
});

const SEEDS = Number(process.env['SEEDS'] ?? 400);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);

test(
  `the checker accepts ${SEEDS} random workflows with up to two faults, half of them cancelled, most redriven`,
  { timeout: 600_000 },
  async () => {
    const problems: unknown[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS && problems.length < 3; seed += 1) {
      const random = seededRandom(seed ^ 0x5eed);
      const { nodes, script } = definitionOf(randomModel(seed, 8));
      const happened: FaultEvidence[] = [];
      const faults = new FaultPlan(() => {
        if (happened.length >= 2 || random() > 0.06) return undefined;
        const kind = FAULTS[Math.floor(random() * FAULTS.length)]!;
        happened.push({ kind, at: run.harness.clock.now() });
        return kind;
      });
      const run = record(nodes, {
        script,
        input: MODEL_INPUT,
        faults,
        stallMs: 70_000,
        afterFault: random() < 0.5 ? 'at_once' : 'when_visible',
        duplicates: random() < 0.3,
        holds: () => random() < 0.5,
      });
      const { harness } = run;
      const choose = seededChooser(seed);
      await harness.start();
      let steps = 0;
      if (seed % 2 === 0) {
        await harness.runToEnd(choose, () => Promise.resolve((steps += 1) > 6));
        await harness.request((deps) => cancelExecution(deps, harness.key, 'r'));
      }
      await harness.runToEnd(choose);
      for (let round = 0; round < seed % 3; round += 1) {
        const ids = Object.keys(nodes);
        const from = ids[Math.floor(random() * ids.length)]!;
        const how = random();
        await harness.request((deps) =>
          redrive(deps, {
            ...harness.key,
            requestId: `redrive${round}`,
            freshKeys: how > 0.8,
            ...(how < 0.5 && { from: [from] }),
          }),
        );
        await harness.runToEnd(choose);
      }
      const { violations } = judge({ ...(await run.evidence()), faults: happened });
      if (violations.length > 0) problems.push({ seed, violations, happened, nodes });
      harness.dispose();
    }
    expect(problems).toEqual([]);
  },
);
