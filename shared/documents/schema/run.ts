import { pointer, type Json } from '../../domain/json.ts';
import { nearestPath, shorten } from '../problem-list.ts';
import { CHARACTERS_PER_STEP, SCHEMA_LIMITS } from './schema-limits.ts';

export interface SchemaProblem {
  readonly code: 'invalid';
  /** JSON Pointer into the value. */
  readonly path: string;
  readonly message: string;
}

const MESSAGE_LENGTH_MAX = 1_000;

/** Where in the value we are. A list from the inside out: it becomes a pointer only when there is a problem. */
export interface Place {
  readonly parent: Place | undefined;
  readonly token: string | number;
}

export function pointerOf(place: Place | undefined): string {
  const tokens: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.parent) tokens.push(at.token);
  return tokens.reduceRight<string>((path, token) => pointer(path, token), '');
}

/** Thrown inside a validation, caught where it started: the value or the schema asks for more work than there is. */
export class SchemaBudgetError extends Error {
  override readonly name = 'SchemaBudgetError';
}

/** One validation: its budget and its problems. */
export class Run {
  problems: SchemaProblem[] = [];
  #problemsMax: number = SCHEMA_LIMITS.problemsMax;
  #steps: number = SCHEMA_LIMITS.stepsMax;
  #patternWork: number = SCHEMA_LIMITS.patternWorkMax;
  #defaultBytes: number = SCHEMA_LIMITS.defaultsBytesMax;
  #nested = 0;

  get full(): boolean {
    return this.problems.length >= this.#problemsMax;
  }

  /** Reports and answers "not valid", so that checks can end with it. */
  fail(place: Place | undefined, message: string): false {
    if (!this.full) {
      const path = nearestPath(pointerOf(place));
      this.problems.push({ code: 'invalid', path, message: shorten(message, MESSAGE_LENGTH_MAX) });
    }
    return false;
  }

  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new SchemaBudgetError(`takes more than ${SCHEMA_LIMITS.stepsMax} steps to check`);
  }

  spendCharacters(characters: number): void {
    this.spend(1 + Math.floor(characters / CHARACTERS_PER_STEP));
  }

  spendPattern(instructions: number, characters: number): void {
    this.#patternWork -= instructions * characters;
    if (this.#patternWork < 0) throw new SchemaBudgetError('takes too much pattern matching to check');
  }

  spendDefault(bytes: number): void {
    this.#defaultBytes -= bytes;
    if (this.#defaultBytes < 0) {
      throw new SchemaBudgetError(`grows by more than ${SCHEMA_LIMITS.defaultsBytesMax} bytes through defaults`);
    }
  }

  /** To be followed by `leave`, not in a `finally`: a budget error ends the whole run. */
  enter(): void {
    if (++this.#nested > SCHEMA_LIMITS.nestedMax) {
      throw new SchemaBudgetError(`needs more than ${SCHEMA_LIMITS.nestedMax} schemas one within the other`);
    }
  }

  leave(): void {
    this.#nested--;
  }

  /** Asks a question whose "no" is no problem of the value, yet: stops at the first reason and hands it out. */
  probe(question: () => boolean): { valid: boolean; reason: SchemaProblem | undefined } {
    const { problems } = this;
    const max = this.#problemsMax;
    this.problems = [];
    this.#problemsMax = 1;
    const valid = question();
    const reason = this.problems[0];
    this.problems = problems;
    this.#problemsMax = max;
    return { valid, reason };
  }
}

/** The members or indexes of one value that some schema has spoken for: what `unevaluated…` leaves out. */
export type Seen = Set<string | number>;

/** One keyword (or a family that only makes sense together) asked about one value. Reports to the run. */
export type Check = (value: Json, place: Place | undefined, run: Run, seen: Seen | undefined) => boolean;
