import type { Problem, ProblemCode } from '../domain/problem.ts';

/** A document with a thousand mistakes was generated wrongly: nobody reads past the first hundred. */
export const PROBLEMS_MAX = 100;
/** Keys are the sender's and may be megabytes: a hundred problems must not answer with hundreds of them. */
const PATH_LENGTH_MAX = 2_000;
export const MESSAGE_LENGTH_MAX = 1_000;
const NAME_LENGTH_MAX = 80;

/** Collects what is wrong with one document, up to `PROBLEMS_MAX`. */
export class ProblemList {
  readonly items: Problem[] = [];

  get full(): boolean {
    return this.items.length >= PROBLEMS_MAX;
  }

  add(code: ProblemCode, path: string, message: string): void {
    if (this.full) return;
    this.items.push({ code, path: nearestPath(path), message: shorten(message, MESSAGE_LENGTH_MAX) });
  }
}

/** The deepest ancestor whose pointer has a bearable length; cut anywhere else it would be no pointer. */
export function nearestPath(path: string): string {
  return path.length <= PATH_LENGTH_MAX ? path : path.slice(0, path.lastIndexOf('/', PATH_LENGTH_MAX));
}

export function shorten(text: string, lengthMax: number): string {
  // Well-formed, since the cut may go through a surrogate pair.
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1).toWellFormed()}…`;
}

/** A name out of the document as it can stand in a message. */
export function quoted(name: string): string {
  return JSON.stringify(shorten(name, NAME_LENGTH_MAX));
}
