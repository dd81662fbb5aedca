import { unreachable } from '../domain/invariant.ts';
import { arriveAt, skipJoin } from './arrive.ts';
import { claim, claimCovered, type ClaimResult } from './claim.ts';
import { close } from './close.ts';
import { finish } from './finish.ts';
import { nodeMessage, runNode } from './run-node.ts';
import type { Session } from './session.ts';
import type { Step } from './step.ts';
import { fits, PARALLEL_MAX } from './time-budget.ts';

/** How a step ended. `lost`: somebody else had won the write that it tried. */
type StepEnd = 'done' | 'lost';

/**
 * Takes the session's steps until none is left: up to {@link PARALLEL_MAX} at once, arrivals written when no other
 * branch here leads to the same join. Returns only after everything that it started has ended, also when a step
 * failed: the message must not come back while its work still runs (protocol M2).
 *
 * Answers how many claims were lost to somebody else.
 */
export async function drive(session: Session): Promise<{ readonly lostClaims: number }> {
  const running = new Set<Promise<void>>();
  let lostClaims = 0;
  let fault: { readonly error: unknown } | undefined;
  const start = (work: () => Promise<void>) => {
    const task: Promise<void> = work()
      .catch((error: unknown) => {
        fault ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
  };
  const runStep = async (step: Step) => {
    session.active += 1;
    try {
      if ((await perform(session, step)) === 'lost') lostClaims += 1;
    } finally {
      session.active -= 1;
      session.stepEnded(step);
    }
  };
  for (;;) {
    while (fault === undefined && running.size < PARALLEL_MAX) {
      const step = session.takeStep();
      if (step === undefined) break;
      start(() => runStep(step));
    }
    if (fault === undefined) {
      for (const { join, arrivals } of session.held.takeReady()) start(() => arriveAt(session, join, arrivals));
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (fault !== undefined) throw fault.error;
  if (session.header.stop !== undefined && session.header.status === 'running') await close(session);
  return { lostClaims };
}

async function perform(session: Session, step: Step): Promise<StepEnd> {
  switch (step.kind) {
    case 'covered':
      return startCovered(session, step);
    case 'claim': {
      if (!session.mayRun) {
        await session.deps.queue.send([{ message: nodeMessage(session, step.node.id, session.generation(step.node)) }]);
        return 'done';
      }
      return runClaimed(session, await claim(session, step.node, step));
    }
    case 'skip':
      await skipJoin(session, step.node);
      return 'done';
    case 'finish':
      await finish(session);
      return 'done';
    default:
      return unreachable(step);
  }
}

async function startCovered(session: Session, { node, until }: Extract<Step, { kind: 'covered' }>): Promise<StepEnd> {
  if (!session.mayStart) return 'done';
  const now = session.deps.clock.now();
  if (!fits(now, node.attemptTimeoutMs, until)) return runClaimed(session, await claimCovered(session, node));
  const lease = { until, since: now, by: session.delivery.id };
  const first = { attempt: 1, fence: 1, crashes: 0, startedAt: now, via: undefined, attempts: [] };
  await runNode(session, { node, covered: true, ...first, lease });
  return 'done';
}

/** A stop seen with the claim leaves it to the closing at the end of the invocation. */
async function runClaimed(session: Session, result: ClaimResult): Promise<StepEnd> {
  if (result.kind === 'run' && session.mayStart) await runNode(session, result.claimed);
  return result.kind === 'lost' ? 'lost' : 'done';
}
