import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionBody } from '../../shared/contracts/schemas.ts';
import type { Api } from './api.ts';
import type { DemoRun } from './examples.ts';
import type { TargetCall } from './http-target.ts';
import type { Mismatch } from './verdict.ts';

export interface RunResult {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly execution: string;
  readonly status: string;
  readonly expectedStatus: string;
  readonly nodes: number;
  readonly attempts: number;
  /** Attempts beyond each node's first. */
  readonly retries: number;
  readonly targetCalls: number;
  readonly durationMs: number;
  /** Empty: it ended as its example says. */
  readonly mismatches: readonly Mismatch[];
}

export interface Observer {
  started(id: string): void;
  progress(id: string, progress: ExecutionBody['progress']): void;
  decided(id: string, node: string): void;
  ended(result: RunResult): void;
}

export interface Demo {
  readonly api: Api;
  /** Where this run's services are. */
  readonly targetUrl: (id: string) => string;
  /** What they were asked. */
  readonly callsOf: (id: string) => readonly TargetCall[];
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

const POLL_MS_MIN = 250;
/** Looking costs the stack work, on the same two cores: no more than a fifth of the time is spent on it. */
const POLL_REST = 4;
/** Ten times what the slowest run takes on two cores; one that hangs must not hang the demo. */
const RUN_MS_MAX = 150_000;

const TERMINAL: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled', 'timed_out']);

/** Starts one execution, decides what its example decides, waits for its end and compares. */
export async function perform(
  run: DemoRun,
  saved: { readonly name: string; readonly version: number },
  demo: Demo,
): Promise<RunResult> {
  const { api, observer } = demo;
  const startedAt = performance.now();
  const input = { ...run.input, target: demo.targetUrl(run.id) };
  const { id } = await api.startExecution(saved.name, input, `demo:${run.id}`);
  observer.started(run.id);
  const last = await watch(run, id, demo, startedAt);
  const durationMs = Math.round(performance.now() - startedAt);
  const execution = await api.execution(id, 'all');
  const output = TERMINAL.has(last.status) ? (await api.results(id)).output : undefined;
  const calls = demo.callsOf(run.id);
  const attempts = Object.values(execution.nodes).map((node) => node.attempts);
  const result: RunResult = {
    id: run.id,
    workflow: saved.name,
    version: saved.version,
    execution: id,
    status: execution.status,
    expectedStatus: run.expectedStatus,
    nodes: execution.progress.total,
    attempts: attempts.reduce((sum, count) => sum + count, 0),
    retries: attempts.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    targetCalls: calls.length,
    durationMs,
    mismatches: [
      ...unfinished(execution),
      ...run.judge({ status: execution.status, nodes: execution.nodes, output, calls }),
    ],
  };
  observer.ended(result);
  return result;
}

async function watch(run: DemoRun, id: string, demo: Demo, startedAt: number): Promise<ExecutionBody> {
  const { api, observer, signal } = demo;
  const open = [...run.decisions];
  for (;;) {
    const asked = performance.now();
    const execution = await api.execution(id, open.length > 0 ? 'unfinished' : 'none');
    observer.progress(run.id, execution.progress);
    if (TERMINAL.has(execution.status) || performance.now() - startedAt > RUN_MS_MAX) return execution;
    const ripe = open.findIndex(({ node }) => execution.nodes[node]?.waitingFor === 'callback');
    const [decision] = ripe === -1 ? [] : open.splice(ripe, 1);
    if (decision !== undefined) {
      const { callback } = await api.node(id, decision.node);
      if (callback === undefined)
        throw new Error(`${run.id}: node ${decision.node} waits for a callback but shows no token`);
      await api.decide(callback.token, decision);
      observer.decided(run.id, decision.node);
    }
    await delay(Math.max(POLL_MS_MIN, POLL_REST * (performance.now() - asked)), undefined, { signal });
  }
}

function unfinished({ status, nodes }: ExecutionBody): readonly Mismatch[] {
  if (TERMINAL.has(status)) return [];
  const left = Object.entries(nodes).filter(
    ([, node]) => !['succeeded', 'failed', 'skipped', 'cancelled'].includes(node.status),
  );
  const shown = left.slice(0, 5).map(([id, node]) => `${id} is ${node.status}`);
  if (left.length > shown.length) shown.push(`${left.length - shown.length} more`);
  return [
    { what: 'end of the execution', expected: `within ${RUN_MS_MAX / 1_000} s`, seen: shown.join(', ') || status },
  ];
}
