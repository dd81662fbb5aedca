import { verdictOn, type Verdict } from '../domain/breaker.ts';
import { evaluateBool, type CompiledValue, type Scope } from '../domain/expression/template.ts';
import { deadlineExceeded } from '../domain/execution/after-failure.ts';
import type { Refusal } from '../domain/execution/after-refusal.ts';
import { expressionFailed, failure, type Failure } from '../domain/failure.ts';
import { invariant } from '../domain/invariant.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Admission, Permit } from './breakers.ts';
import type { Claimed } from './claimed.ts';
import { idempotencyKey, prefetch, withOf } from './evaluate-pure.ts';
import { NodeError, type EffectNodeType, type Wait } from './node-type.ts';
import { resolveWith } from './resolve-with.ts';
import type { Session } from './session.ts';
import { jsonBytesAbove } from './json-bytes.ts';
import { COMMIT_MARGIN_MS } from './time-budget.ts';

/** How one attempt ended. `stopped`: the execution was cancelled or ran out of time while it ran. */
export type AttemptEnd =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'waiting'; readonly wait: Wait }
  | { readonly kind: 'failed'; readonly error: Failure; readonly repeatable: boolean }
  | { readonly kind: 'stopped' }
  /** It never began: what it needed was read so slowly that too little is left of the lease. Nobody is to blame. */
  | { readonly kind: 'late' }
  /** It never began: the breaker of its target is open. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Attempted {
  readonly end: AttemptEnd;
  /** When the target's breaker has heard of it: under way already, beside the commit and not before it. Never rejects. */
  readonly reported: Promise<void>;
}

/** Runs one attempt of an effect under a permission that the caller holds. Writes nothing but its target's breaker. */
export async function runAttempt(session: Session, claimed: Claimed): Promise<Attempted> {
  const { node } = claimed;
  const type = session.deps.nodes.implementation(node.type);
  invariant(type.kind === 'effect', `${node.id} has no effect`);
  const prepared = await prepare(session, claimed, type);
  if ('end' in prepared) return { end: prepared.end, reported: Promise.resolve() };
  const admission = await admit(session, claimed, type, prepared.config);
  if (admission.kind === 'refused') return { end: admission, reported: Promise.resolve() };
  try {
    const end = await runBounded(session, claimed, type, prepared.config);
    const reported = admission.permit.report(verdictOf(end));
    return { end: end.kind === 'succeeded' ? accept(claimed, prepared.scope, end) : end, reported };
  } catch (error) {
    // A bug or an infrastructure fault says nothing of the target; were this its probe, another may go.
    await admission.permit.report('unknown');
    throw error;
  }
}

/** A type without targets has no breakers. */
async function admit(session: Session, { node }: Claimed, type: EffectNodeType, config: unknown): Promise<Admission> {
  const target = type.target?.(config);
  if (target === undefined) return { kind: 'admitted', permit: UNHEARD };
  const key = { workspace: session.key.workspace, target };
  return session.deps.breakers.admit(key, node.attemptTimeoutMs + COMMIT_MARGIN_MS);
}

const UNHEARD: Permit = { report: () => Promise.resolve() };

function verdictOf(end: AttemptEnd): Verdict {
  if (end.kind === 'failed') return verdictOn(end.error);
  return end.kind === 'succeeded' || end.kind === 'waiting' ? 'alive' : 'unknown';
}

/** What came back becomes the node's output, if it is not too large and `failIf` and `retryIf` have nothing against it. */
function accept(claimed: Claimed, scope: Scope, end: Extract<AttemptEnd, { kind: 'succeeded' }>): AttemptEnd {
  const bytes = jsonBytesAbove(end.output, LIMITS.outputBytesMax);
  if (bytes === undefined) return judge(claimed, { ...scope, output: end.output }, end);
  return final(
    failure('output_too_large', 'input', `the output has ${bytes} bytes; at most ${LIMITS.outputBytesMax} are allowed`),
  );
}

async function prepare(
  session: Session,
  claimed: Claimed,
  type: EffectNodeType,
): Promise<{ scope: Scope; config: unknown } | { end: AttemptEnd }> {
  const { scope, value } = await resolveWith(session, claimed);
  await prefetch(session, claimed.node);
  if (!value.ok) return { end: final(value.error) };
  const parsed = parseConfig(type, withOf(session, claimed.node), value.value);
  if (parsed.success) return { scope, config: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => `with.${path.map(String).join('.')}: ${message}`);
  return {
    end: final(
      expressionFailed(`with its templates filled in, 'with' does not fit '${type.type}': ${issues.join('; ')}`),
    ),
  };
}

/** What a `with` without templates means: the plan holds one value of it, the same for every attempt. Nobody changes it. */
const known = new WeakMap<object, ReturnType<EffectNodeType['config']['safeParse']>>();

function parseConfig(type: EffectNodeType, compiled: CompiledValue, value: Json) {
  if (compiled.form !== 'literal') return type.config.safeParse(value);
  const parsed = known.get(compiled) ?? type.config.safeParse(value);
  known.set(compiled, parsed);
  return parsed;
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
  const cut = Promise.withResolvers<AttemptEnd>();
  // Whatever the plug-in does after its signal fired is the echo of that, and nobody listens any more.
  const cutOff = (end: AttemptEnd): void => {
    cut.resolve(end);
    abort.abort();
  };
  const callOff = clock.alarm(limit.ms, () => cutOff(final(limit.error, limit.retryable)));
  const onStop = (): void => cutOff({ kind: 'stopped' });
  session.stopped.signal.addEventListener('abort', onStop);
  const endWatch = session.stopWatch.begin();
  try {
    return await Promise.race([cut.promise, run(session, claimed, type, config, abort.signal)]);
  } finally {
    callOff();
    endWatch();
    session.stopped.signal.removeEventListener('abort', onStop);
  }
}

async function run(
  session: Session,
  claimed: Claimed,
  type: EffectNodeType,
  config: unknown,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const { clock } = session.deps;
  try {
    const outcome = await type.run({
      config,
      number: claimed.attempt,
      idempotencyKey: idempotencyKey(session, claimed.node),
      signal,
      now: clock.now(),
      after: (ms) => clock.after(ms),
    });
    return outcome.kind === 'succeeded' ? outcome : { kind: 'waiting', wait: outcome.wait };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const repeatable = type.retryableByDefault?.(config as Json, error.failure) ?? error.failure.retryable;
    return { kind: 'failed', error: error.failure, repeatable };
  }
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
