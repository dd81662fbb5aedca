import type { DeadLetterBody, DeadLetterItem } from '../../shared/contracts/dead-letter-schemas.ts';
import { runOf } from '../../shared/domain/execution/generation.ts';
import type { AttemptRecord, DeadLetter, Header } from '../../shared/domain/execution/records.ts';
import type { Json } from '../../shared/domain/json.ts';
import { toRfc3339, type EpochMs } from '../../shared/domain/time.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { isRepeated } from '../../shared/engine/dead-letters.ts';
import { deadLetterId } from './dead-letter-id.ts';
import { errorBody } from './execution-view.ts';

export function deadLetterItem(letter: DeadLetter, input: Json | undefined): DeadLetterItem {
  const { execution, workflow, version, node, error, attempt, startedAt, createdAt, status, closedAt } = letter;
  return {
    id: deadLetterId(letter),
    execution,
    workflow,
    version,
    generation: letter.gen,
    node,
    error: errorBody(error),
    attempts: attempt,
    ...(input !== undefined && { input }),
    startedAt: toRfc3339(startedAt),
    createdAt: toRfc3339(createdAt),
    status,
    ...(closedAt !== undefined && { closedAt: toRfc3339(closedAt) }),
  };
}

export function deadLetterBody(letter: DeadLetter, input: Json | undefined): DeadLetterBody {
  // One that its target's breaker refused was not made; the entry's `error` tells of it.
  const made = letter.attempts.filter(({ refusals }) => refusals === undefined);
  return { ...deadLetterItem(letter, input), history: made.map(attemptBody) };
}

function attemptBody({
  attempt,
  startedAt,
  endedAt,
  error,
  delayMs,
}: AttemptRecord): DeadLetterBody['history'][number] {
  return {
    attempt,
    startedAt: toRfc3339(startedAt),
    endedAt: toRfc3339(endedAt),
    ...(error !== undefined && { error: errorBody(error) }),
    ...(delayMs !== undefined && { delayMs }),
  };
}

/** An entry whose node has a later generation is replayed, even if nobody has come to closing it. */
export function asItIs(letter: DeadLetter, header: Header, plan: Plan): DeadLetter {
  if (letter.status !== 'open' || !isRepeated(plan, header, letter)) return letter;
  const closedAt = repeatedAt(letter, header, plan);
  return { ...letter, status: 'replayed', ...(closedAt !== undefined && { closedAt }) };
}

function repeatedAt({ node, gen }: DeadLetter, header: Header, plan: Plan): EpochMs | undefined {
  const index = plan.indexOf.get(node);
  const now = index === undefined ? undefined : runOf(plan, header).generation(index);
  return header.redrives.find((redrive) => (now === undefined ? redrive.gen > gen : redrive.gen === now))?.at;
}
