import { API_ERRORS, type ApiErrorCode } from '../../shared/contracts/error-codes.ts';
import { readable, type RequestProblem } from './readable-problems.ts';

/** What an operation throws to answer with problem details (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ApiErrorCode;
  readonly problems: readonly RequestProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ApiErrorCode,
    detail: string,
    more: { readonly problems?: readonly RequestProblem[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.code = code;
    this.problems = more.problems === undefined ? undefined : readable(more.problems);
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return API_ERRORS[this.code].status;
  }
}

export function problemBody(problem: ApiProblem, requestId: string, baseUrl: string) {
  return {
    type: `${baseUrl}/docs/errors#${problem.code}`,
    title: API_ERRORS[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    instance: requestId,
    ...(problem.problems !== undefined && { problems: problem.problems }),
  };
}

export function notFound(what: string): ApiProblem {
  return new ApiProblem('not_found', `there is no ${what}`);
}
