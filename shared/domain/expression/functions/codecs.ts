import { LIMITS } from '../../limits.ts';
import { isJsonArray, isJsonObject, type Json } from '../../json.ts';
import type { Meter } from '../meter.ts';
import { encodeJson } from '../rendering.ts';
import { fail, quoteKey } from '../trouble.ts';
import { isForbiddenKey, type Value } from '../value.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { sha256Hex } from './sha256.ts';
import { define, type Signature } from './signature.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** `[{},{},…]` is a map in every three characters; measured, none needs more than this. */
const DECODED_BYTES_PER_CHARACTER = 24;

function decodeJson(meter: Meter, text: string): Value {
  meter.text(text.length);
  meter.spend(Math.ceil(text.length / 4));
  meter.allocate(text.length * DECODED_BYTES_PER_CHARACTER);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return fail('json.decode(): not valid JSON');
  }
  requirePlain(value, 0);
  return value;
}

function requirePlain(value: Json, depth: number): void {
  if (depth > LIMITS.depthMax) fail(`json.decode(): nests deeper than ${LIMITS.depthMax}`);
  if (isJsonArray(value)) for (const item of value) requirePlain(item, depth + 1);
  else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (isForbiddenKey(key)) fail(`json.decode(): the key ${quoteKey(key)} is not allowed`);
      requirePlain(item, depth + 1);
    }
  } else if (typeof value === 'number' && !Number.isFinite(value)) fail('json.decode(): a number is out of range');
}

/** Bytes of a text: what every codec works on. */
function utf8(meter: Meter, text: string): Uint8Array {
  meter.text(text.length);
  meter.spend(Math.ceil(text.length / 2));
  meter.allocate(text.length * 3);
  return encodeUtf8(text);
}

function fromBase64(meter: Meter, text: string): string {
  meter.text(text.length);
  meter.spend(Math.ceil(text.length / 2));
  meter.allocate(text.length * 2);
  const bytes = decodeBase64(text);
  if (bytes === undefined) return fail('base64.decode(): not valid base64');
  return decodeUtf8(bytes) ?? fail('base64.decode(): the bytes are not UTF-8 text');
}

function urlEncode(meter: Meter, text: string): string {
  meter.text(text.length);
  meter.spend(text.length);
  const encoded = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  meter.text(encoded.length);
  return encoded;
}

export const CODEC_FUNCTIONS: readonly Signature[] = [
  define('json.encode', ['dyn'], 'string', (meter, value) => encodeJson(value, meter)),
  define('json.decode', ['string'], 'dyn', decodeJson),
  define('base64.encode', ['string'], 'string', (meter, text) => {
    meter.text(Math.ceil(text.length / 3) * 4);
    return encodeBase64(utf8(meter, text));
  }),
  define('base64.decode', ['string'], 'string', fromBase64),
  define('url.encode', ['string'], 'string', urlEncode),
  define('sha256', ['string'], 'string', (meter, text) => {
    meter.spend(100 + Math.ceil(text.length / 2));
    return sha256Hex(utf8(meter, text));
  }),
];
