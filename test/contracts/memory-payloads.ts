import { createHash } from 'node:crypto';
import type { Payloads } from '../../shared/adapters/aws/payloads.ts';

/** S3 in a map. */
export class MemoryPayloads implements Payloads {
  readonly #objects = new Map<string, Uint8Array>();

  get size(): number {
    return this.#objects.size;
  }

  async put(scope: string, packed: Uint8Array): Promise<string> {
    const ref = `${scope}/${createHash('sha256').update(packed).digest('hex')}`;
    this.#objects.set(ref, packed);
    return ref;
  }

  async get(ref: string): Promise<Uint8Array> {
    const found = this.#objects.get(ref);
    if (found === undefined) throw new Error(`there is no payload ${ref}`);
    return found;
  }
}
