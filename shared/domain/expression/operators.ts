import { equal } from './equality.ts';
import type { Meter } from './meter.ts';
import type { BinaryOperator } from './syntax.ts';
import { instantAt, spanOf } from './instants.ts';
import { fail } from './trouble.ts';
import { describeKind, Instant, isList, isMap, type Kind, kindOf, Span, type Value } from './value.ts';

/** The kinds that each operator takes, and what it yields: what is certain to fail is told when the workflow is saved. */
type Meaning = readonly [left: Kind, right: Kind, result: Kind];

const ARITHMETIC: readonly Meaning[] = [['number', 'number', 'number']];
const COMPARISON: readonly Meaning[] = [
  ['number', 'number', 'bool'],
  ['string', 'string', 'bool'],
  ['bool', 'bool', 'bool'],
  ['timestamp', 'timestamp', 'bool'],
  ['duration', 'duration', 'bool'],
];
const EQUALITY: readonly Meaning[] = [['dyn', 'dyn', 'bool']];

const MEANINGS: Readonly<Record<BinaryOperator, readonly Meaning[]>> = {
  '==': EQUALITY,
  '!=': EQUALITY,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  in: [
    ['dyn', 'list', 'bool'],
    ['string', 'map', 'bool'],
  ],
  '+': [
    ...ARITHMETIC,
    ['string', 'string', 'string'],
    ['list', 'list', 'list'],
    ['timestamp', 'duration', 'timestamp'],
    ['duration', 'timestamp', 'timestamp'],
    ['duration', 'duration', 'duration'],
  ],
  '-': [
    ...ARITHMETIC,
    ['timestamp', 'timestamp', 'duration'],
    ['timestamp', 'duration', 'timestamp'],
    ['duration', 'duration', 'duration'],
  ],
  '*': ARITHMETIC,
  '/': ARITHMETIC,
  '%': ARITHMETIC,
};

/** The kind that results, or undefined when no values of these kinds have one. */
export function binaryKind(operator: BinaryOperator, left: Kind, right: Kind): Kind | undefined {
  const possible = MEANINGS[operator].filter((meaning) => mayBe(left, meaning[0]) && mayBe(right, meaning[1]));
  const kinds = new Set(possible.map((meaning) => meaning[2]));
  return kinds.size > 1 ? 'dyn' : [...kinds][0];
}

export function mayBe(actual: Kind, wanted: Kind): boolean {
  return actual === 'dyn' || wanted === 'dyn' || actual === wanted;
}

export function operandMismatch(operator: string, left: Kind, right: Kind): string {
  return `'${operator}' cannot combine ${describeKind(left)} and ${describeKind(right)}`;
}

type Operate = (left: Value, right: Value, meter: Meter) => Value;

export const OPERATORS: Readonly<Record<BinaryOperator, Operate>> = {
  '==': equal,
  '!=': (left, right, meter) => !equal(left, right, meter),
  '<': (left, right, meter) => compare('<', left, right, meter) < 0,
  '<=': (left, right, meter) => compare('<=', left, right, meter) <= 0,
  '>': (left, right, meter) => compare('>', left, right, meter) > 0,
  '>=': (left, right, meter) => compare('>=', left, right, meter) >= 0,
  in: contained,
  '+': plus,
  '-': minus,
  '*': (left, right) => arithmetic('*', left, right, (a, b) => a * b),
  '/': (left, right) => arithmetic('/', left, right, (a, b) => a / b),
  '%': (left, right) => arithmetic('%', left, right, (a, b) => a % b),
};

/** JSON has neither NaN nor Infinity: the operation that would make one fails. */
export function finite(what: string, value: number): number {
  return Number.isFinite(value) ? value : fail(`'${what}' has no finite result (a division by zero?)`);
}

function arithmetic(operator: string, left: Value, right: Value, operate: (a: number, b: number) => number): number {
  if (typeof left === 'number' && typeof right === 'number') return finite(operator, operate(left, right));
  return fail(operandMismatch(operator, kindOf(left), kindOf(right)));
}

function plus(left: Value, right: Value, meter: Meter): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    meter.text(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    meter.list(left.length + right.length);
    return left.concat(right);
  }
  if (left instanceof Instant && right instanceof Span) return instantAt(left.ms + right.ms);
  if (left instanceof Span && right instanceof Instant) return instantAt(left.ms + right.ms);
  if (left instanceof Span && right instanceof Span) return spanOf(left.ms + right.ms);
  return arithmetic('+', left, right, (a, b) => a + b);
}

function minus(left: Value, right: Value): Value {
  if (left instanceof Instant && right instanceof Instant) return spanOf(left.ms - right.ms);
  if (left instanceof Instant && right instanceof Span) return instantAt(left.ms - right.ms);
  if (left instanceof Span && right instanceof Span) return spanOf(left.ms - right.ms);
  return arithmetic('-', left, right, (a, b) => a - b);
}

function contained(left: Value, right: Value, meter: Meter): boolean {
  if (isList(right)) return right.some((item) => equal(left, item, meter));
  if (isMap(right) && typeof left === 'string') return Object.hasOwn(right, left);
  return fail(operandMismatch('in', kindOf(left), kindOf(right)));
}

/** Negative, zero or positive; strings by UTF-16 unit, which is the same on every machine and needs no locale. */
export function compare(operator: string, left: Value, right: Value, meter: Meter): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    meter.scan(Math.min(left.length, right.length));
    if (left === right) return 0;
    return left < right ? -1 : 1;
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Instant && right instanceof Instant) return left.ms - right.ms;
  if (left instanceof Span && right instanceof Span) return left.ms - right.ms;
  return fail(operandMismatch(operator, kindOf(left), kindOf(right)));
}
