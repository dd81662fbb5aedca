import type { IncomingMessage } from 'node:http';

/** Request headers as the author spelled them, no name twice. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** Names that belong to the connection or to the framing of the message: we set them, or nobody does. */
const RESERVED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
]);

/** Of RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Anything but tab, printable ASCII and Latin-1: CR and LF would start another header, the rest cannot be encoded. */
const NOT_FIELD_TEXT = /[^\t\u{20}-\u{7e}\u{80}-\u{ff}]/u;

/** What is wrong with a header that the author wants to send; undefined if nothing. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is not a header name`;
  if (RESERVED.has(name.toLowerCase())) return `the header ${name} belongs to the connection and cannot be set`;
  if (NOT_FIELD_TEXT.test(value)) {
    return `the value of header ${name} holds characters that a header cannot carry, such as a line break`;
  }
  return undefined;
}

function hasHeader(headers: Headers, name: string): boolean {
  return headers.some(([other]) => other.toLowerCase() === name);
}

/** Adds those of `defaults` (lower-case names) that are not set yet. */
export function withDefaults(headers: Headers, defaults: Headers): Headers {
  return [...headers, ...defaults.filter(([name]) => !hasHeader(headers, name.toLowerCase()))];
}

/** Says nothing about who asks: fit for an origin that the author did not name. */
export function isSafeElsewhere(name: string): boolean {
  return /^(accept|accept-.+|content-type|content-language|user-agent)$/i.test(name);
}

export function describesBody(name: string): boolean {
  return /^content-/i.test(name);
}

/** Names that would lead a careless copy of the output to a prototype; no server has a use for them. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The headers of the answer, names in lower case. A repeated one is joined with `, ` as RFC 9110 §5.3 has it;
 * `set-cookie` with a line break, since cookies hold commas of their own.
 */
export function responseHeaders(response: IncomingMessage): Readonly<Record<string, string>> {
  const joined: Record<string, string> = {};
  const { rawHeaders } = response;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    if (PROTOTYPE_NAMES.has(name)) continue;
    const before = joined[name];
    joined[name] = before === undefined ? value : `${before}${name === 'set-cookie' ? '\n' : ', '}${value}`;
  }
  return joined;
}
