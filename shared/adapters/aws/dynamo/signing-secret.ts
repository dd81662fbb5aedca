import { randomBytes } from 'node:crypto';
import { keyAttributes, text, textOf } from './attributes.ts';
import { SIGNING_SECRET_KEY } from './keys.ts';
import { isAbsent, type Table } from './table.ts';

const SECRET_BYTES = 32;

/**
 * The deployment's secret for signing cursors and callback tokens: made by whoever needs it first, never changed.
 * It lies in the table, encrypted at rest like all of it: Secrets Manager would cost more than an idle Stepwell.
 */
export async function signingSecret(table: Table): Promise<Buffer> {
  const found = await table.get(SIGNING_SECRET_KEY);
  const existing = found === undefined ? undefined : textOf(found, 'secret');
  if (existing !== undefined) return Buffer.from(existing, 'base64');
  const secret = randomBytes(SECRET_BYTES).toString('base64');
  const result = await table.put({ ...keyAttributes(SIGNING_SECRET_KEY), secret: text(secret) }, isAbsent);
  const winner = result.written ? secret : (textOf(result.existing, 'secret') ?? secret);
  return Buffer.from(winner, 'base64');
}
