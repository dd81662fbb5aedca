import { mayBe } from '../operators.ts';
import type { Meter } from '../meter.ts';
import { type Kind, type Kinds, kindOf, type Value } from '../value.ts';

/**
 * One form of a function: `replace(string, string, string): string`. A method is the same function with its receiver
 * first, so each can be written either way: `size(x)`, `x.size()`.
 */
export interface Signature {
  readonly name: string;
  readonly params: readonly Kind[];
  /** The last parameter may come any number of times, at least once. */
  readonly variadic: boolean;
  readonly returns: Kind;
  /** Only for arguments that `accepts`. */
  readonly call: (meter: Meter, args: readonly Value[]) => Value;
}

type Arguments<P extends readonly Kind[]> = { [I in keyof P]: Kinds[P[I]] };

export function define<const P extends readonly Kind[], R extends Kind>(
  name: string,
  params: P,
  returns: R,
  implementation: (meter: Meter, ...args: Arguments<P>) => Kinds[R],
): Signature {
  // `accepts` has compared each argument's kind with P before this is called.
  return {
    name,
    params,
    variadic: false,
    returns,
    call: (meter, args) => implementation(meter, ...(args as Arguments<P>)),
  };
}

export function defineVariadic<K extends Kind, R extends Kind>(
  name: string,
  kind: K,
  returns: R,
  implementation: (meter: Meter, args: readonly Kinds[K][]) => Kinds[R],
): Signature {
  return {
    name,
    params: [kind],
    variadic: true,
    returns,
    call: (meter, args) => implementation(meter, args as readonly Kinds[K][]),
  };
}

/** Whether values of these kinds may be passed: at save `dyn` may be anything. */
export function acceptsKinds(signature: Signature, kinds: readonly Kind[]): boolean {
  const { params, variadic } = signature;
  if (variadic ? kinds.length < params.length : kinds.length !== params.length) return false;
  return kinds.every((kind, index) => mayBe(kind, params[Math.min(index, params.length - 1)] as Kind));
}

export function accepts(signature: Signature, args: readonly Value[]): boolean {
  return acceptsKinds(signature, args.map(kindOf));
}
