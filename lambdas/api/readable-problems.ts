import { MESSAGE_LENGTH_MAX, nearestPath, PROBLEMS_MAX, shorten } from '../../shared/documents/problem-list.ts';

/** One entry of `problems[]`. */
export interface RequestProblem {
  readonly code: string;
  /** JSON Pointer into what was sent. */
  readonly path: string;
  readonly message: string;
}

/**
 * As many problems as somebody reads. Keys are the sender's: 5 MB of unknown ones, each with a path and a message, are
 * more than Lambda can answer with (6 MB), and the gateway would make a 500 of it.
 */
export function readable(problems: readonly RequestProblem[]): RequestProblem[] {
  return problems.slice(0, PROBLEMS_MAX).map(({ code, path, message }) => ({
    code,
    path: nearestPath(path),
    message: shorten(message, MESSAGE_LENGTH_MAX),
  }));
}
