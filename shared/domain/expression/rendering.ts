import { LIMITS } from '../limits.ts';
import type { Json } from '../json.ts';
import { BOUNDS } from './bounds.ts';
import { MapBuilder } from './map-builder.ts';
import { instantText, spanText } from './instants.ts';
import type { Meter } from './meter.ts';
import { fail, Trouble } from './trouble.ts';
import { Instant, isList, Optional, Span, TypeName, type Value, type ValueMap } from './value.ts';

/**
 * How values leave an expression. A timestamp becomes RFC 3339, a duration `3600s`, a type its name; an optional has no
 * text: the author must say what its absence means (`orValue`).
 */
export class Rendering {
  /** Compact JSON characters that may still leave. Shared subtrees count each time: that is what is stored and sent. */
  #remaining: number;
  readonly #meter: Meter;

  constructor(meter: Meter, charactersMax: number = LIMITS.outputBytesMax) {
    this.#meter = meter;
    this.#remaining = charactersMax;
  }

  /** The same object where it is JSON already, so that passing megabytes of data on costs no copy. */
  json(value: Value): Json {
    if (value instanceof Instant) return this.#text(instantText(value));
    if (value instanceof Span) return this.#text(spanText(value));
    if (value instanceof TypeName) return this.#text(value.name);
    if (value instanceof Optional)
      return fail('the result is an optional: say what its absence means, with .orValue(…)');
    if (typeof value === 'string') return this.#text(value);
    if (isList(value)) return this.#list(value);
    if (typeof value === 'object' && value !== null) return this.#map(value);
    this.#take(typeof value === 'number' ? String(value).length : 5);
    return value;
  }

  #text(text: string): string {
    this.#take(text.length + 2);
    return text;
  }

  #list(list: readonly Value[]): Json {
    this.#take(list.length + 2);
    let copy: Json[] | undefined;
    for (const [index, item] of list.entries()) {
      const json = this.json(item);
      if (json !== item && copy === undefined) copy = this.#copyOf(list.slice(0, index), list.length);
      copy?.push(json);
    }
    // Without a copy each element was its own JSON.
    return copy ?? (list as readonly Json[]);
  }

  #copyOf(done: readonly Value[], length: number): Json[] {
    this.#meter.list(length);
    return done as Json[];
  }

  #map(map: ValueMap): Json {
    this.#take(2);
    let changed: [string, Json][] | undefined;
    for (const key of Object.keys(map)) {
      this.#take(key.length + 4);
      const item = map[key] ?? null;
      const json = this.json(item);
      if (json !== item) (changed ??= []).push([key, json]);
    }
    if (changed === undefined) return map as { readonly [key: string]: Json };
    return this.#withChanges(map, changed);
  }

  #withChanges(map: ValueMap, changed: readonly [string, Json][]): Json {
    this.#meter.map(Object.keys(map).length);
    const builder = new MapBuilder();
    for (const [key, item] of Object.entries(map)) builder.set(key, item);
    for (const [key, json] of changed) builder.set(key, json);
    return builder.map as { readonly [key: string]: Json };
  }

  #take(characters: number): void {
    this.#remaining -= characters;
    if (this.#remaining < 0) throw new Trouble('exhausted', 'the expression builds a result that is too large');
  }
}

/** Compact JSON text, bounded before it is built. */
export function encodeJson(value: Value, meter: Meter): string {
  const json = new Rendering(meter, BOUNDS.stringLengthMax).json(value);
  const text = JSON.stringify(json);
  meter.text(text.length);
  // The walk over what may be shared data, and escapes, which make six characters of one.
  meter.spend(text.length);
  return text;
}

/** How a value stands in a text (contract §2); undefined for null, which has no text that anyone means. */
export function textOf(value: Value, meter: Meter): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Instant) return instantText(value);
  if (value instanceof Span) return spanText(value);
  if (value instanceof TypeName) return value.name;
  if (value instanceof Optional) return fail('an optional has no text: say what its absence means, with .orValue(…)');
  return encodeJson(value, meter);
}
