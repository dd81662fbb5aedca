import type { Json } from '../domain/json.ts';

const encoder = new TextEncoder();

/** UTF-8 bytes of the compact JSON text. */
export function jsonBytes(value: Json): number {
  return encoder.encode(JSON.stringify(value)).length;
}
