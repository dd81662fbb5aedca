import { UnreadableError } from '../../../engine/unreadable.ts';
import { numberOf, type Item } from './attributes.ts';

/** Major version of what the records mean. Missing reads as 1; a newer one is never guessed at. */
export const RECORD_VERSION = 1;

export class NewerRecordError extends UnreadableError {
  override readonly name = 'NewerRecordError';
}

export function assertReadable(item: Item): void {
  const version = numberOf(item, 'v') ?? 1;
  if (version > RECORD_VERSION) {
    throw new NewerRecordError(
      `record ${item['sk']?.S} of ${item['pk']?.S ?? 'an execution'} has version ${version}; this deployment reads up to ${RECORD_VERSION}: deploy the newer one again`,
    );
  }
}
