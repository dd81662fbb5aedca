import { ROUTES, type Route } from '../../shared/contracts/routes.ts';
import { ApiProblem } from './api-problem.ts';

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const COMPILED = ROUTES.map((route) => ({ route, segments: route.path.split('/').slice(1) }));
const BY_LENGTH = Map.groupBy(COMPILED, ({ segments }) => segments.length);

/**
 * Finds the route of a request; policy then goes by the route, never by the path's text. A fixed segment beats a
 * parameter (`/workflows/validate` is no workflow's name). API Gateway hands the path over decoded; decoding it again
 * would make `%252F` a slash.
 */
export function matchRoute(method: string, rawPath: string): Match {
  const segments = rawPath.split('/').slice(1);
  const fitting = (BY_LENGTH.get(segments.length) ?? []).flatMap(({ route, segments: pattern }) => {
    const params = matchSegments(pattern, segments);
    return params === undefined ? [] : [{ route, params }];
  });
  if (fitting.length === 0) throw new ApiProblem('not_found', 'there is nothing at this path');
  const candidates = fitting
    .filter(({ route }) => route.method === method)
    .sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length);
  const [best] = candidates;
  if (best !== undefined) return best;
  const allow = [...new Set(fitting.map(({ route }) => route.method))].sort().join(', ');
  throw new ApiProblem('method_not_allowed', `this path takes ${allow}`, { headers: { Allow: allow } });
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const actual = segments[at];
    if (actual === undefined || actual === '') return undefined;
    if (expected.startsWith('{')) params[expected.slice(1, -1)] = actual;
    else if (expected !== actual) return undefined;
  }
  return params;
}
