import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';

type Secret = string | ArrayBuffer | ArrayBufferView;

/**
 * SHA-256, and HMAC-SHA-256 if there is a secret, for the SDK's request signer. The SDK's own makes a new key of the same
 * secret for each request, which takes five times as long as hashing with it.
 */
export class SigningHash {
  readonly #secret: KeyObject | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Secret) {
    this.#secret = secret === undefined ? undefined : keyOf(secret);
    this.#hash = this.#begin();
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

/** The signer derives a key a day for each region and service, and keeps it: the same bytes come again. */
const derivedKeys = new WeakMap<object, KeyObject>();
/** The secrets of this process's few callers, and what is derived from them first. */
const textKeys = new Map<string, KeyObject>();
const TEXT_KEYS_MAX = 64;

function keyOf(secret: Secret): KeyObject {
  const known = typeof secret === 'string' ? textKeys.get(secret) : derivedKeys.get(secret);
  if (known !== undefined) return known;
  if (typeof secret === 'string') {
    if (textKeys.size >= TEXT_KEYS_MAX) textKeys.clear();
    const key = createSecretKey(secret, 'utf8');
    textKeys.set(secret, key);
    return key;
  }
  const key = createSecretKey(bytesOf(secret));
  derivedKeys.set(secret, key);
  return key;
}

function bytesOf(secret: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
