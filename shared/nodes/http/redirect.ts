import { NodeError } from '../../engine/node-type.ts';
import { describesBody, isSafeElsewhere } from './headers.ts';
import { where, type OutgoingRequest } from './request.ts';

/** Five is what RFC 2068 advised; real chains (http → https → www → locale) take three. */
const REDIRECTS_MAX = 5;

const FOLLOWED: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether this answer sends us elsewhere. A status that `expect` names itself is an answer, as is one without Location. */
export function isRedirect(status: number, location: string | undefined, expect: readonly unknown[]): boolean {
  return FOLLOWED.has(status) && location !== undefined && !expect.includes(status);
}

/**
 * The request that a redirect asks for, before its address is checked. The rules of fetch for method and body; stricter
 * for headers: another origin gets none that could tell who asks, custom ones (`X-Api-Key`) and the idempotency key
 * included, and does not get them back further down the chain. Another scheme or port is another origin.
 */
export function redirected(
  request: OutgoingRequest,
  status: number,
  location: string,
  followed: number,
): OutgoingRequest {
  if (followed >= REDIRECTS_MAX) throw refused(`More than ${REDIRECTS_MAX} redirects, the last from ${where(request)}`);
  const url = nextUrl(request, location);
  const dropsBody = status === 303 || (status !== 307 && status !== 308 && request.method === 'POST');
  const sameOrigin = url.origin === request.url.origin;
  const headers = request.headers.filter(
    ([name]) => (sameOrigin || isSafeElsewhere(name)) && !(dropsBody && describesBody(name)),
  );
  if (dropsBody) return { url, headers, method: request.method === 'HEAD' ? 'HEAD' : 'GET' };
  return { ...request, url, headers };
}

function nextUrl(request: OutgoingRequest, location: string): URL {
  // Node reads headers as Latin-1; servers that do not percent-encode write UTF-8, which is what browsers assume.
  const url = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), request.url.href);
  if (url === null) throw refused(`${where(request)} redirects to something that is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused(`${where(request)} redirects to ${url.protocol}//, which http nodes do not speak`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(`${where(request)} redirects to a URL with a user name or password`);
  }
  if (request.url.protocol === 'https:' && url.protocol === 'http:') {
    throw refused(
      `${where(request)} redirects from https to http (${url.host}): the connection would lose its protection`,
    );
  }
  return url;
}

function refused(message: string): NodeError {
  return NodeError.fatal('redirect_refused', 'policy', message);
}
