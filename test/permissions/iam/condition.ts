import type { Context } from './call.ts';
import { isKnownKey } from './context-keys.ts';
import { matchesArn, matchesPattern } from './pattern.ts';

/** One operator on one key, as a statement has it. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

type Compare = (wanted: string, given: string) => boolean;

const numeric =
  (compare: (given: number, wanted: number) => boolean): Compare =>
  (wanted, given) =>
    compare(Number(given), Number(wanted));

/** Without `Not`: those are the same, turned round. Dates, addresses and binaries are in no policy of ours. */
const OPERATORS: Readonly<Record<string, Compare>> = {
  StringEquals: (wanted, given) => wanted === given,
  StringEqualsIgnoreCase: (wanted, given) => wanted.toLowerCase() === given.toLowerCase(),
  StringLike: matchesPattern,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: (wanted, given) => wanted.toLowerCase() === given.toLowerCase(),
  NumericEquals: numeric((given, wanted) => given === wanted),
  NumericLessThan: numeric((given, wanted) => given < wanted),
  NumericLessThanEquals: numeric((given, wanted) => given <= wanted),
  NumericGreaterThan: numeric((given, wanted) => given > wanted),
  NumericGreaterThanEquals: numeric((given, wanted) => given >= wanted),
};

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
};

interface Operator {
  readonly compare: Compare;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
}

/** @throws on what it does not understand, when a policy is read rather than when a call happens to meet it. */
export function checkCondition({ operator, key, values }: Condition): void {
  if (operator !== 'Null') parse(operator);
  if (!isKnownKey(key)) {
    throw new Error(
      `the condition key ${key} is not among those that the modelled calls carry; what they lack, no condition can judge (context-keys.ts)`,
    );
  }
  const wrong = values.find(
    (value) => value.includes('${') || (operator.includes('Numeric') && Number.isNaN(Number(value))),
  );
  if (wrong !== undefined) throw new Error(`the condition value ${wrong} of ${key} is not understood`);
}

export function holds(condition: Condition, context: Context): boolean {
  const given = context[condition.key.toLowerCase()];
  if (condition.operator === 'Null') {
    return condition.values.some((value) => (value.toLowerCase() === 'true') === (given === undefined));
  }
  const operator = parse(condition.operator);
  if (operator.set !== undefined) return holdsForSet(operator, condition.values, given);
  if (given === undefined) return operator.ifExists || operator.negated;
  if (typeof given !== 'string')
    throw new Error(`${condition.key} has several values, ${condition.operator} takes one`);
  return matches(operator, condition.values, given);
}

/** Of the values one must match, of a negated operator's none may. */
function matches({ compare, negated }: Operator, wanted: readonly string[], given: string): boolean {
  return wanted.some((value) => compare(value, given)) !== negated;
}

/** `ForAllValues` of nothing is true, which is the trap that it is known for. */
function holdsForSet(
  operator: Operator,
  wanted: readonly string[],
  given: string | readonly string[] | undefined,
): boolean {
  const values = given === undefined ? [] : [given].flat();
  if (operator.ifExists && given === undefined) return true;
  return operator.set === 'ForAllValues'
    ? values.every((value) => matches(operator, wanted, value))
    : values.some((value) => matches(operator, wanted, value));
}

const SET_PREFIX = /^(ForAllValues|ForAnyValue):/;

function parse(text: string): Operator {
  const set = SET_PREFIX.exec(text)?.[1];
  const rest = text.replace(SET_PREFIX, '');
  const ifExists = rest.endsWith('IfExists');
  const name = ifExists ? rest.slice(0, -'IfExists'.length) : rest;
  const positive = Object.hasOwn(NEGATED, name) ? (NEGATED[name] ?? '') : name;
  const compare = Object.hasOwn(OPERATORS, positive) ? OPERATORS[positive] : undefined;
  if (compare === undefined) throw new Error(`the condition operator ${text} is not understood`);
  return {
    compare,
    negated: positive !== name,
    ifExists,
    set: set === 'ForAllValues' || set === 'ForAnyValue' ? set : undefined,
  };
}
