import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request may come in. A page in the user's browser can reach a loopback port: by DNS rebinding (its own host
 * name made to point here) or by a cross-site request. Both show in these two headers.
 */
export function refusalOf(headers: IncomingHttpHeaders, port: number): string | undefined {
  const allowed = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const host = headers.host?.toLowerCase() ?? '';
  if (!allowed.includes(host)) return `The local stack answers to ${allowed.join(', ')} only, not to Host "${host}".`;
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) {
    return `The local stack takes no requests from other origins (${headers.origin}).`;
  }
  return undefined;
}
