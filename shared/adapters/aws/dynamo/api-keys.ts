import { createHash } from 'node:crypto';
import { TABLE } from '../../../config/table.ts';
import { invariant } from '../../../domain/invariant.ts';
import { epochMs, type EpochMs } from '../../../domain/time.ts';
import { keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { apiKeyKey } from './keys.ts';
import { isAbsent, type Table } from './table.ts';

export interface ApiKey {
  /** First 12 hex digits of the digest: how a person names a key without holding it. */
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly createdAt: EpochMs;
  readonly revokedAt?: EpochMs;
}

const KEYS_PARTITION = '$keys';
const ID_LENGTH = 12;
/** Starts every partition key, hence without the `#` that separates their parts. */
export const WORKSPACE = /^[a-z0-9-]{1,40}$/;

/** API keys: 256 random bits each, of which only the SHA-256 is stored. A fast hash will do: nobody guesses 256 bits. */
export class ApiKeyStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Idempotent: the local stack puts its key at every start. */
  async put({
    key,
    workspace,
    name,
    now,
  }: {
    readonly key: string;
    readonly workspace: string;
    readonly name: string;
    readonly now: EpochMs;
  }): Promise<ApiKey> {
    invariant(WORKSPACE.test(workspace), `'${workspace}' is no workspace: 1 to 40 of a-z, 0-9 and -`);
    const digest = digestOf(key);
    const entry = { id: digest.slice(0, ID_LENGTH), workspace, name, createdAt: now };
    const result = await this.#table.put(apiKeyItem(digest, entry), isAbsent);
    return result.written ? entry : apiKeyOf(result.existing);
  }

  /** The key that this secret is, unless unknown or revoked. */
  async find(secret: string): Promise<ApiKey | undefined> {
    const item = await this.#table.get(apiKeyKey(digestOf(secret)));
    const key = item === undefined ? undefined : apiKeyOf(item);
    return key?.revokedAt === undefined ? key : undefined;
  }

  async list(): Promise<readonly ApiKey[]> {
    const { items } = await this.#table.query(keysQuery());
    return items.map(apiKeyOf);
  }

  /** Undefined: there is no key with this id. */
  async revoke(id: string, now: EpochMs): Promise<ApiKey | undefined> {
    const { items } = await this.#table.query(keysQuery());
    const item = items.find((candidate) => apiKeyOf(candidate).id === id);
    const digest = item === undefined ? undefined : textOf(item, 'pk')?.slice('$keys#'.length);
    if (item === undefined || digest === undefined) return undefined;
    const revoked = { ...apiKeyOf(item), revokedAt: now };
    await this.#table.put(apiKeyItem(digest, revoked), { expression: 'attribute_exists(pk)' });
    return revoked;
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Reuses the listing index; `reason` carries nothing here, the rest rides in the projected `tags`. */
function apiKeyItem(digest: string, { workspace, name, createdAt, revokedAt }: Omit<ApiKey, 'id'>): Item {
  return {
    ...keyAttributes(apiKeyKey(digest)),
    lpk: text(KEYS_PARTITION),
    lsk: text(`${String(createdAt).padStart(13, '0')}#${digest}`),
    tags: text(JSON.stringify({ workspace, name })),
    createdAt: number(createdAt),
    ...(revokedAt !== undefined && { endedAt: number(revokedAt) }),
  };
}

function apiKeyOf(item: Item): ApiKey {
  const { workspace = '', name = '' } = JSON.parse(textOf(item, 'tags') ?? '{}') as {
    workspace?: string;
    name?: string;
  };
  const revokedAt = numberOf(item, 'endedAt');
  return {
    id: textOf(item, 'pk')?.slice('$keys#'.length, '$keys#'.length + ID_LENGTH) ?? '',
    workspace,
    name,
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
    ...(revokedAt !== undefined && { revokedAt: epochMs(revokedAt) }),
  };
}

function keysQuery() {
  return {
    IndexName: TABLE.listing.name,
    KeyConditionExpression: 'lpk = :keys',
    ExpressionAttributeValues: { ':keys': text(KEYS_PARTITION) },
    ScanIndexForward: false,
  };
}
