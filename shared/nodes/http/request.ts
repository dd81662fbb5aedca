import type { HttpConfig, Parameters } from './config.ts';
import { withDefaults, type Headers } from './headers.ts';

/** What is sent to one URL: the first is what the author wrote, each redirect derives the next. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: HttpConfig['method'];
  readonly headers: Headers;
  readonly body?: Buffer;
}

export function firstRequest(config: HttpConfig, idempotencyKey: string): OutgoingRequest {
  const content = encodeBody(config);
  const own: Headers = Object.entries(config.headers).map(([name, value]) => [name, String(value)]);
  const headers = withDefaults(own, [
    ['User-Agent', 'Stepwell'],
    ['Accept-Encoding', 'gzip, br, deflate'],
    ['Idempotency-Key', idempotencyKey],
    ...(content === undefined ? [] : [['Content-Type', content.type] as const]),
  ]);
  const url = withQuery(config.url, config.query);
  return { url, method: config.method, headers, ...(content !== undefined && { body: Buffer.from(content.text) }) };
}

function encodeBody(config: HttpConfig): { readonly type: string; readonly text: string } | undefined {
  if (config.form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', text: encodeParameters(config.form) };
  }
  if (config.body === undefined) return undefined;
  if (typeof config.body === 'string') return { type: 'text/plain; charset=utf-8', text: config.body };
  // Templates resolve to Json and nothing else, so this always yields text.
  return { type: 'application/json', text: JSON.stringify(config.body) };
}

/** Appends as text: writing through `searchParams` would re-encode what is there already and break signed URLs. */
function withQuery(text: string, query: Parameters): URL {
  const url = new URL(text);
  if (Object.keys(query).length === 0) return url;
  const more = encodeParameters(query);
  if (more !== '') url.search = url.search === '' ? more : `${url.search}&${more}`;
  return url;
}

function encodeParameters(parameters: Parameters): string {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) encoded.append(name, String(one));
  }
  return encoded.toString();
}

/** Queries may hold secrets: error messages name a URL without. */
export function where({ url }: Pick<OutgoingRequest, 'url'>): string {
  return `${url.origin}${url.pathname}`;
}
