import * as z from 'zod';
import { WorkMessage } from './messages.ts';
import { UnreadableError } from './unreadable.ts';

/** A message that this deployment must not guess at. Coming again does not help: it is parked. */
export class UnreadableMessageError extends UnreadableError {
  override readonly name = 'UnreadableMessageError';
}

const Versioned = z.looseObject({ v: z.number().optional() });

/** What a queue's message says. Unknown members are ignored: within a version they may be added, not given a new meaning. */
export function readMessage(body: string): WorkMessage {
  const json = parse(body);
  const read = WorkMessage.safeParse(json);
  if (read.success) return read.data;
  const { data: versioned } = Versioned.safeParse(json);
  if (versioned?.v !== undefined && versioned.v > 1)
    throw new UnreadableMessageError(`it has version ${versioned.v}; this deployment reads up to 1`);
  const issues = read.error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`.trim());
  throw new UnreadableMessageError(`it is no message of ours: ${issues.join('; ')}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new UnreadableMessageError('it is not JSON', { cause: error });
  }
}
