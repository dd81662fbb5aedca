import { deflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { inflate, WRITE_UNIT_BYTES } from '../payloads.ts';
import { bytes, text, textOf, type Item } from './attributes.ts';

/** What an item says of a record besides its values: JSON in the attribute `d`, compressed where it would cost a second write unit. */
export function structure(value: unknown, besidesBytes = 0): AttributeValue {
  const json = JSON.stringify(value);
  return besidesBytes + json.length <= WRITE_UNIT_BYTES ? text(json) : bytes(deflateRawSync(json));
}

/** What {@link structure} packed: whoever packed it knows its type. */
export function structureOf(item: Item): unknown {
  const packed = item['d']?.B;
  return packed === undefined ? JSON.parse(textOf(item, 'd') ?? '{}') : inflate(packed);
}
