import type { Meter } from '../meter.ts';

/**
 * Positions in texts count code points, as CEL's do: `😀` is one. Walked, not spread into an array, which would take
 * twenty times the text's memory.
 */
export function codePointLength(meter: Meter, text: string): number {
  return pointsBefore(meter, text, text.length);
}

/** How many code points stand before this UTF-16 offset. */
export function pointsBefore(meter: Meter, text: string, offset: number): number {
  meter.scan(offset);
  let points = 0;
  for (let at = 0; at < offset; at += unitsAt(text, at)) points += 1;
  return points;
}

/** The UTF-16 offset of a position; undefined if the text is shorter. */
export function offsetOf(meter: Meter, text: string, position: number): number | undefined {
  if (!Number.isInteger(position) || position < 0 || position > text.length) return undefined;
  meter.scan(position);
  let offset = 0;
  for (let point = 0; point < position; point += 1) {
    if (offset >= text.length) return undefined;
    offset += unitsAt(text, offset);
  }
  return offset;
}

function unitsAt(text: string, offset: number): 1 | 2 {
  return (text.codePointAt(offset) as number) > 0xffff ? 2 : 1;
}
