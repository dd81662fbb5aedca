import type { Meter } from './meter.ts';
import type { Scope } from './scope.ts';
import type { Kind, Value } from './value.ts';

/** A compiled expression: closures, because they run several times as fast as a walk over the syntax. */
export interface Code {
  /** What is known at save about the value. */
  readonly kind: Kind;
  readonly run: (frame: Frame) => Value;
}

/** One evaluation. Loop variables live in numbered slots: their names never become keys of anything. */
export interface Frame {
  readonly scope: Scope;
  readonly meter: Meter;
  readonly slots: Value[];
}

export interface Local {
  readonly slot: number;
  readonly kind: Kind;
}

/** Where in an expression something stands: which loop variables it sees, and in how many loops it runs. */
export class Surroundings {
  readonly #locals: ReadonlyMap<string, Local>;
  readonly loops: number;

  constructor(locals: ReadonlyMap<string, Local> = new Map(), loops = 0) {
    this.#locals = locals;
    this.loops = loops;
  }

  local(name: string): Local | undefined {
    return this.#locals.get(name);
  }

  /** Slots follow nesting, so neighbours share one and an expression needs no more than it is deep. */
  with(name: string, kind: Kind, loops: number): { inner: Surroundings; slot: number } {
    const slot = Math.max(-1, ...[...this.#locals.values()].map((local) => local.slot)) + 1;
    return { inner: new Surroundings(new Map(this.#locals).set(name, { slot, kind }), loops), slot };
  }
}
