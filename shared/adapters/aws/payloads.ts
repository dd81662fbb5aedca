import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Json } from '../../domain/json.ts';
import type { Item } from './dynamo/attributes.ts';
import { bytes, itemBytes, number, text } from './dynamo/attributes.ts';

/** Billed in whole kilobytes: an item that fits into one need not be compressed. */
export const WRITE_UNIT_BYTES = 1_024;
/** Shorter texts grow under compression. */
const COMPRESS_MIN_BYTES = 160;
/** An S3 PUT costs what 8 KB of DynamoDB writes cost. */
const OFFLOAD_ABOVE_BYTES = 8 * 1_024;
/** The largest value that is unpacked: no limit of ours lets a larger one in. */
const UNPACKED_BYTES_MAX = 64 * 1_024 * 1_024;

/** Where large values go, for whoever packs and unpacks them. */
export type Payloads = Pick<PayloadStore, 'put' | 'get'>;

/** Bytes by name; what was put is there. */
export interface ObjectStore {
  put(key: string, body: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array>;
}

/** Where large values go: S3. Objects are named by their content: writing one twice, or after a crash again, changes nothing. */
export class PayloadStore {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** `scope` starts the object's name: `<workspace>/<execution>`. */
  async put(scope: string, packed: Uint8Array): Promise<string> {
    const ref = `${scope}/${createHash('sha256').update(packed).digest('hex')}`;
    await this.#objects.put(ref, packed);
    return ref;
  }

  get(ref: string): Promise<Uint8Array> {
    return this.#objects.get(ref);
  }
}

/**
 * Packs a JSON value into attributes `<name>` (text, or compressed bytes), or `<name>Ref` and `<name>Size` when it
 * lies in S3. Compressed only where the item would not fit into one write unit otherwise. The object is written before
 * the item that points at it: a crash in between leaves an orphan, no hole.
 */
export async function packInto(
  item: Item,
  name: string,
  value: Json,
  payloads: Payloads,
  scope: string,
): Promise<void> {
  const json = JSON.stringify(value);
  const jsonBytes = Buffer.byteLength(json);
  if (jsonBytes < COMPRESS_MIN_BYTES || itemBytes(item) + jsonBytes <= WRITE_UNIT_BYTES) {
    item[name] = text(json);
    return;
  }
  const packed = deflateRawSync(json);
  if (packed.length <= OFFLOAD_ABOVE_BYTES) {
    item[name] = bytes(packed);
    return;
  }
  item[`${name}Ref`] = text(await payloads.put(scope, packed));
  item[`${name}Size`] = number(jsonBytes);
}

/** The value, or where it lies, or undefined when the item has none under this name. */
export function unpack(
  item: Item,
  name: string,
): { readonly value: Json } | { readonly ref: string; readonly bytes: number } | undefined {
  const plain = item[name]?.S;
  if (plain !== undefined) return { value: JSON.parse(plain) as Json };
  const packed = item[name]?.B;
  if (packed !== undefined) return { value: inflate(packed) };
  const ref = item[`${name}Ref`]?.S;
  return ref === undefined ? undefined : { ref, bytes: Number(item[`${name}Size`]?.N ?? 0) };
}

export function inflate(packed: Uint8Array): Json {
  return JSON.parse(inflateRawSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX }).toString('utf8')) as Json;
}

/** The value wherever it lies. */
export async function load(item: Item, name: string, payloads: Payloads): Promise<Json | undefined> {
  const found = unpack(item, name);
  if (found === undefined) return undefined;
  return 'value' in found ? found.value : inflate(await payloads.get(found.ref));
}
