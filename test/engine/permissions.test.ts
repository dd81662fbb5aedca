import { describe, expect, test } from 'vitest';
import { acceptCallback } from '../../shared/engine/callback.ts';
import { cancelExecution } from '../../shared/engine/cancel-execution.ts';
import type { ExecutionKey } from '../../shared/domain/execution/records.ts';
import type { EngineDeps, SchemaCheck } from '../../shared/engine/engine-deps.ts';
import { Audit } from '../support/audit.ts';
import { compile, EngineHarness, type Chooser, type Nodes } from '../support/engine-harness.ts';
import { FaultPlan, type Call } from '../support/faulty-ports.ts';

/**
 * A child without a record may be started by its parent's worker, or by whoever takes its group. A message for that
 * child alone — sent by a recovery that knew less — must respect that for as long as it lasts.
 *
 *   a ─┬─▶ f0 … f9      run inline by a's worker
 *      └─▶ f10 … f24    leave in one group message
 */
const LEAVES = Array.from({ length: 25 }, (_, at) => `f${at}`);
const FAN: Nodes = {
  a: { type: 'task' },
  ...Object.fromEntries(LEAVES.map((id) => [id, { type: 'task', needs: ['a'] }])),
};
const fan = compile(FAN);

function fanned(holds: (node: string) => boolean) {
  const audit = new Audit(fan);
  const harness = new EngineHarness(fan, { holds, watch: audit.watch });
  const alone = (node: string) =>
    harness
      .deps()
      .queue.send([
        { message: { v: 1, ws: harness.key.workspace, ex: harness.key.execution, kind: 'node', node, gen: 1 } },
      ]);
  const runsOnceEach = async () => {
    await harness.runToEnd();
    expect(await harness.hasEnded()).toBe(true);
    expect(audit.violations).toEqual([]);
    for (const id of LEAVES) expect(harness.runsOf(id), id).toHaveLength(1);
  };
  return { harness, alone, runsOnceEach };
}

/** Lets messages through, oldest or newest first, and ends no held run before `until`. */
async function until(harness: EngineHarness, reached: () => boolean, choose: Chooser = () => 0): Promise<void> {
  await harness.runToEnd(choose, () => Promise.resolve(reached()));
}

describe('a message for one child alone', () => {
  test('leaves it to the worker that runs it inline', async () => {
    const { harness, alone, runsOnceEach } = fanned((node) => node === 'f3');
    await harness.start();
    await until(harness, () => harness.runsOf('f3').length > 0);
    await alone('f3');
    await runsOnceEach();
  });

  test('leaves it to the worker that took its group', async () => {
    const { harness, alone, runsOnceEach } = fanned((node) => node === 'f12');
    await harness.start();
    await until(harness, () => harness.runsOf('f12').length > 0);
    await alone('f12');
    await runsOnceEach();
  });

  test('closes a group that nobody has taken yet; the rest of it is run one by one', async () => {
    const { harness, alone, runsOnceEach } = fanned(() => false);
    await harness.start();
    const isGroup = () => harness.queue.messages.some(({ message }) => message.kind === 'group');
    await until(harness, isGroup);
    await alone('f12');
    // The newest message first: f12 alone, then its group.
    await until(
      harness,
      () => harness.runsOf('f12').length > 0,
      (count) => count - 1,
    );
    await runsOnceEach();
  });
});

describe('an API call that dies after its write, and whose client does not come again, leaves a guard behind', () => {
  /** Calls once, with a worker that dies right after the first call of this name. */
  async function once(call: (deps: EngineDeps, key: ExecutionKey) => Promise<unknown>, dyingAfter: string) {
    let armed = false;
    const faults = new FaultPlan(({ name }: Call) => {
      if (!armed || name !== dyingAfter) return undefined;
      armed = false;
      return 'died_after';
    });
    const harness = new EngineHarness(compile(WAITING), { faults });
    await harness.start();
    await harness.runToEnd();
    armed = true;
    void call(harness.deps(), harness.key);
    await harness.settle();
    expect(armed).toBe(false);
    await harness.runToEnd();
    return harness;
  }

  const WAITING: Nodes = { w: { type: 'approval' }, after: { type: 'task', needs: ['w'] } };

  test('callback', async () => {
    const payload = { output: 1 };
    const callback = { node: 'w', gen: 1, payload, digest: 'd', requestId: 'r' };
    const anything: SchemaCheck = (_, value) => ({ value, problems: [] });
    const harness = await once((deps, key) => acceptCallback(deps, anything, { ...key, ...callback }), 'writeNode');
    expect(await harness.result()).toMatchObject({ status: 'succeeded', nodes: { after: { status: 'succeeded' } } });
  });

  test('cancel', async () => {
    const harness = await once((deps, key) => cancelExecution(deps, key, 'r'), 'replaceHeader');
    expect(await harness.result()).toMatchObject({ status: 'cancelled' });
    expect(harness.runs).toEqual([]);
  });
});
