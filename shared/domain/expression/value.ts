/**
 * What an expression computes with: JSON data, plus the few things that CEL has and JSON does not. Those leave an
 * expression as text (`rendering.ts`), so a result is always JSON.
 */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | ValueMap
  | Instant
  | Span
  | Optional
  | TypeName;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** CEL's `timestamp`, in whole milliseconds. */
export class Instant {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** CEL's `duration`, in whole milliseconds, possibly negative. */
export class Span {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What `.?` and `[?]` yield: a value or its absence. `undefined` is absence; null is a value. */
export class Optional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** What `type(x)` yields, and what the names `string`, `list`, … stand for. */
export class TypeName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The TypeScript type behind each kind. `dyn` is "known only at run time", as in CEL. */
export interface Kinds {
  null: null;
  bool: boolean;
  number: number;
  string: string;
  list: readonly Value[];
  map: ValueMap;
  timestamp: Instant;
  duration: Span;
  optional: Optional;
  type: TypeName;
  dyn: Value;
}
export type Kind = keyof Kinds;

export function kindOf(value: Value): Exclude<Kind, 'dyn'> {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : kindOfObject(value);
}

function kindOfObject(value: readonly Value[] | ValueMap | Instant | Span | Optional | TypeName): Exclude<Kind, 'dyn'> {
  if (Array.isArray(value)) return 'list';
  if (value instanceof Instant) return 'timestamp';
  if (value instanceof Span) return 'duration';
  if (value instanceof Optional) return 'optional';
  if (value instanceof TypeName) return 'type';
  return 'map';
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ValueMap {
  return typeof value === 'object' && value !== null && kindOfObject(value) === 'map';
}

/** For messages: "a list", "null". Never the data itself, which may be secret or large. */
export function describeKind(kind: Kind): string {
  if (kind === 'null') return 'null';
  if (kind === 'dyn') return 'a value';
  return kind === 'optional' ? 'an optional' : `a ${kind}`;
}

/** Keys that reach into JavaScript's object machinery: never read, never written, whatever the data says. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}
