import { evaluateBool, evaluateValue, type CompiledValue, type Scope } from '../domain/expression/template.ts';
import { deadlineExceeded } from '../domain/execution/after-failure.ts';
import { expressionFailed, failure, type Failure } from '../domain/failure.ts';
import { invariant } from '../domain/invariant.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { EpochMs } from '../domain/time.ts';
import type { PlanNode } from '../domain/workflow/plan.ts';
import type { Claimed } from './claimed.ts';
import { idempotencyKey, ifErrorOf, prefetch } from './evaluate-pure.ts';
import { NodeError, type EffectNodeType, type NodeOutcome, type Wait } from './node-type.ts';
import { buildScope, referencedIndices, visibility } from './scope.ts';
import type { Session } from './session.ts';
import { jsonBytes } from './json-bytes.ts';
import { STOP_POLL_MS } from './time-budget.ts';

/** How one attempt ended. `stopped`: the execution was cancelled or ran out of time while it ran. */
export type AttemptEnd =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'waiting'; readonly wait: Wait }
  | { readonly kind: 'failed'; readonly error: Failure; readonly repeatable: boolean }
  | { readonly kind: 'stopped' }
  /** It never began: what it needed was read so slowly that too little is left of the lease. Nobody is to blame. */
  | { readonly kind: 'late' };

/** Why an attempt was aborted from outside; the signal's reason. */
class Aborted extends Error {
  readonly end: AttemptEnd;
  constructor(end: AttemptEnd) {
    super('the attempt was ended from outside');
    this.end = end;
  }
}

/** Runs one attempt of an effect under a permission that the caller holds. Writes nothing. */
export async function runAttempt(session: Session, claimed: Claimed): Promise<AttemptEnd> {
  const { node } = claimed;
  const type = session.deps.nodes.implementation(node.type);
  invariant(type.kind === 'effect', `${node.id} has no effect`);
  const prepared = await prepare(session, claimed, type);
  if ('end' in prepared) return prepared.end;
  const end = await runBounded(session, claimed, type, prepared.config);
  if (end.kind !== 'succeeded') return end;
  const bytes = jsonBytes(end.output);
  if (bytes > LIMITS.outputBytesMax) {
    return final(
      failure(
        'output_too_large',
        'input',
        `the output has ${bytes} bytes; at most ${LIMITS.outputBytesMax} are allowed`,
      ),
    );
  }
  return judge(claimed, { ...prepared.scope, output: end.output }, end);
}

/** What the node was given: its `with`, evaluated. Deterministic over committed data, so the API shows it the same way. */
export async function resolveWith(session: Session, claimed: Pick<Claimed, 'node' | 'attempt' | 'startedAt' | 'via'>) {
  const { node, attempt, startedAt: now, via } = claimed;
  const values = [node.with, node.failIf, node.retryIf];
  const ifGate = node.in.length === 1 ? session.sourcesOf(node) : [];
  await session.ensureKnown([...referencedIndices(session, values), ...ifGate]);
  const visible = await visibility(session, node, via);
  const scope = await buildScope(session, values, {
    now,
    node: { id: node.id, attempt, idempotencyKey: idempotencyKey(session, node) },
    ...(visible !== undefined && { visible }),
  });
  const ifError = ifErrorOf(session, node, session.settledAt);
  const value = ifError === undefined ? evaluateValue(withOf(node), scope) : { ok: false as const, error: ifError };
  return { scope, value };
}

function withOf(node: PlanNode): CompiledValue {
  invariant(node.with !== undefined, `${node.id} has no 'with' in its plan`);
  return node.with;
}

async function prepare(
  session: Session,
  claimed: Claimed,
  type: EffectNodeType,
): Promise<{ scope: Scope; config: unknown } | { end: AttemptEnd }> {
  const { scope, value } = await resolveWith(session, claimed);
  await prefetch(session, claimed.node);
  if (!value.ok) return { end: final(value.error) };
  const parsed = type.config.safeParse(value.value);
  if (parsed.success) return { scope, config: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => `with.${path.map(String).join('.')}: ${message}`);
  return {
    end: final(
      expressionFailed(`with its templates filled in, 'with' does not fit '${type.type}': ${issues.join('; ')}`),
    ),
  };
}

/** Runs the plug-in until it ends, its time is over, or the execution is stopped. */
async function runBounded(
  session: Session,
  claimed: Claimed,
  type: EffectNodeType,
  config: unknown,
): Promise<AttemptEnd> {
  const { clock } = session.deps;
  const started = clock.now();
  const limit = attemptLimit(claimed, started, session);
  if (session.stopped.signal.aborted) return { kind: 'stopped' };
  if (limit.ms <= 0) return final(limit.error, limit.retryable);
  if (started + limit.ms > claimed.lease.until) return { kind: 'late' };
  const abort = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(limit.ms, done.signal).then(() => {
    if (!done.signal.aborted) abort.abort(new Aborted(final(limit.error, limit.retryable)));
  });
  const onStop = () => abort.abort(new Aborted({ kind: 'stopped' }));
  session.stopped.signal.addEventListener('abort', onStop);
  void watchForStop(session, done.signal);
  try {
    const outcome = await Promise.race([
      run(session, claimed, type, config, abort.signal),
      rejectOnAbort(abort.signal),
    ]);
    return outcome.kind === 'succeeded' ? outcome : { kind: 'waiting', wait: outcome.wait };
  } catch (error) {
    // Whatever a plug-in throws after its signal fired is the echo of the abort.
    if (abort.signal.reason instanceof Aborted) return abort.signal.reason.end;
    if (!(error instanceof NodeError)) throw error;
    return {
      kind: 'failed',
      error: error.failure,
      repeatable: type.retryableByDefault?.(config as Json, error.failure) ?? error.failure.retryable,
    };
  } finally {
    done.abort();
    session.stopped.signal.removeEventListener('abort', onStop);
    // Not the watcher: the effect has happened, and what it reads just now must not delay its commit.
    await timer;
  }
}

function run(
  session: Session,
  claimed: Claimed,
  type: EffectNodeType,
  config: unknown,
  signal: AbortSignal,
): Promise<NodeOutcome> {
  const { clock } = session.deps;
  return type.run({
    config,
    number: claimed.attempt,
    idempotencyKey: idempotencyKey(session, claimed.node),
    signal,
    now: clock.now(),
    after: (ms) => clock.after(ms),
  });
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** The attempt's own timeout or what is left of the node's deadline, whichever is shorter. */
function attemptLimit({ node: planned, startedAt }: Claimed, now: EpochMs, session: Session) {
  const deadlineIn =
    planned.deadlineMs === undefined ? Infinity : session.deps.clock.after(planned.deadlineMs) - now + startedAt - now;
  if (deadlineIn < planned.attemptTimeoutMs) return { ms: deadlineIn, error: deadlineExceeded(), retryable: false };
  const ms = planned.attemptTimeoutMs;
  const error = failure('timeout', 'timeout', `the attempt took longer than ${ms} ms`, { retryable: true });
  return { ms, error, retryable: true };
}

/** A long attempt looks now and then whether its execution was stopped: a cancel takes effect within seconds. */
async function watchForStop(session: Session, done: AbortSignal): Promise<void> {
  while (!done.aborted && session.mayStart) {
    await session.deps.clock.sleep(STOP_POLL_MS, done);
    if (done.aborted) return;
    try {
      await session.refreshHeader();
    } catch (error) {
      // The attempt must not die of a poll that failed; the next one is two seconds away.
      session.deps.log.warn('could not look whether the execution was stopped', { error: String(error) });
    }
  }
}

/** `failIf` and `retryIf` look at the output before it is committed. */
function judge({ node: planned }: Claimed, scope: Scope, end: AttemptEnd): AttemptEnd {
  for (const [condition, code] of [
    [planned.failIf, 'fail_if'],
    [planned.retryIf, 'retry_if'],
  ] as const) {
    if (condition === undefined) continue;
    const verdict = evaluateBool(condition, scope);
    if (!verdict.ok) return final(verdict.error);
    if (!verdict.value) continue;
    if (code === 'fail_if')
      return final(failure('fail_if', 'target', "'failIf' is true for what the attempt produced"));
    return final(
      failure('retry_if', 'transient', "'retryIf' is true for what the attempt produced", { retryable: true }),
      true,
    );
  }
  return end;
}

function final(error: Failure, repeatable = false): AttemptEnd {
  return { kind: 'failed', error, repeatable };
}
