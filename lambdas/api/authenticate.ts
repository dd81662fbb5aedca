import type { ApiKeyStore } from '../../shared/adapters/aws/dynamo/api-keys.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { ApiProblem } from './api-problem.ts';

/** A revoked key works for at most this long: what is cached, right or wrong, is asked again after it. */
const CACHE_MS = 60_000;
const CACHED_KEYS_MAX = 1_000;
const SECRET_LENGTH_MAX = 256;

/** The workspace of a request, from its API key alone. */
export class Authenticator {
  readonly #keys: ApiKeyStore;
  readonly #now: () => EpochMs;
  readonly #cache = new Map<string, { readonly workspace: string; readonly until: number }>();

  constructor(keys: ApiKeyStore, now: () => EpochMs) {
    this.#keys = keys;
    this.#now = now;
  }

  async workspaceOf(header: string | undefined): Promise<string> {
    if (header === undefined) throw unauthorized('send Authorization: Bearer <API key>');
    const secret = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (secret === undefined || secret.length > SECRET_LENGTH_MAX)
      throw unauthorized('the Authorization header is not of the form Bearer <API key>');
    const cached = this.#cache.get(secret);
    if (cached !== undefined && cached.until > this.#now()) return cached.workspace;
    const key = await this.#keys.find(secret);
    if (key === undefined) {
      this.#cache.delete(secret);
      throw unauthorized('this API key is unknown or revoked');
    }
    if (this.#cache.size >= CACHED_KEYS_MAX) this.#cache.clear();
    this.#cache.set(secret, { workspace: key.workspace, until: this.#now() + CACHE_MS });
    return key.workspace;
  }
}

function unauthorized(detail: string): ApiProblem {
  return new ApiProblem('unauthorized', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="stepwell"' } });
}
