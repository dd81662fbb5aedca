import { createHash } from 'node:crypto';
import { EPOCH } from './scheduler.ts';

/** What happened, line by line: always as a digest, as text only where somebody wants to read it. */
export class EventLog {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] | undefined;

  constructor(keep: boolean) {
    this.#lines = keep ? [] : undefined;
  }

  add(now: number, actor: string, what: string): void {
    const line = `${now - EPOCH} ${actor} ${what}`;
    this.#hash.update(`${line}\n`);
    this.#lines?.push(line);
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** To be asked once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
