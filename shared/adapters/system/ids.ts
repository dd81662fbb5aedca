import { createHash, randomBytes } from 'node:crypto';
import type { Ids } from '../../engine/ports.ts';

/** No two processes have the same; an operation's number tells it from all others of its process. */
const PROCESS = randomBytes(9).toString('base64url');
let operations = 0;

export const systemIds: Ids = {
  operation: () => PROCESS + (operations += 1).toString(36),
  random: () => Math.random(),
};

const EXECUTION_ID_LENGTH = 26;
const EXECUTION_ID_BYTES = Math.ceil((EXECUTION_ID_LENGTH * 5) / 8);

/**
 * An execution's id: random, or derived from the idempotency key, so that the same request always means the same
 * execution and no record of keys is needed.
 */
export function executionId(workspace: string, workflow: string, idempotencyKey: string | undefined): string {
  const bytes =
    idempotencyKey === undefined
      ? randomBytes(EXECUTION_ID_BYTES)
      : createHash('sha256').update(`${workspace}\n${workflow}\n${idempotencyKey}`).digest();
  return `ex_${base32(bytes).slice(0, EXECUTION_ID_LENGTH)}`;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Crockford's base 32: no letters that are easily mistaken for others. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
