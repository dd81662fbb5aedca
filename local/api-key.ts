import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupProblem } from './startup-problem.ts';

const KEY_BYTES = 32;
const API_KEY_LENGTH_MIN = 32;

/** `sw_` and 43 characters: 256 random bits. */
export function newApiKey(): string {
  return `sw_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** A key that somebody chose: long enough, and printable so that it survives a header. */
export function checkedApiKey(key: string, from: string): string {
  if (key.length < API_KEY_LENGTH_MIN || !/^[\x21-\x7e]+$/.test(key)) {
    throw new StartupProblem(
      `${from} is not usable as an API key: it has ${key.length} characters and needs at least ${API_KEY_LENGTH_MIN}, ` +
        'printable and without spaces. Leave it out and one is made for you.',
    );
  }
  return key;
}

export function apiKeyFile(folder: string): string {
  return join(folder, 'api-key');
}

/** The key of a data folder, made at the first start and readable by its owner alone. */
export function apiKeyOf(folder: string): string {
  const file = apiKeyFile(folder);
  try {
    writeFileSync(file, `${newApiKey()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    chmodSync(file, 0o600);
  }
  return checkedApiKey(readFileSync(file, 'utf8').trim(), file);
}
