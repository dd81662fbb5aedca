import type { IncomingMessage } from 'node:http';
import type { Failure } from '../../domain/failure.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { EpochMs } from '../../domain/time.ts';
import { NodeError } from '../../engine/node-type.ts';
import type { HttpConfig } from './config.ts';
import { decodeText } from './content.ts';
import { responseHeaders } from './headers.ts';
import { where, type OutgoingRequest } from './request.ts';

export function isExpected(status: number, expect: HttpConfig['expect']): boolean {
  return expect.some((one) => one === status || one === `${Math.floor(status / 100)}xx`);
}

/** Enough for any API's error object; details are stored with the attempt and shown in lists. */
export const DETAIL_BODY_BYTES_MAX = 2_048;

/** A quota may renew tomorrow; no sensible target asks for more, and a hostile one must not park a workflow for a year. */
const RETRY_AFTER_MS_MAX = 86_400_000;

/** The failure of a status that `expect` does not name: 429 and 5xx pass, other ones are the target's last word. */
export function unexpectedStatus(
  request: OutgoingRequest,
  response: IncomingMessage,
  body: Buffer,
  now: EpochMs,
): NodeError {
  const status = response.statusCode ?? 0;
  const reason = response.statusMessage === undefined ? '' : ` ${response.statusMessage}`;
  const message = `${request.method} ${where(request)} answered ${status}${reason}`;
  const details: Json = { status, headers: tellingHeaders(response), body: decodeText(body, undefined) };
  if (status !== 429 && status < 500) return NodeError.fatal(`http_${status}`, 'target', message, details);
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now);
  return NodeError.retryable(`http_${status}`, 'transient', message, {
    details,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The headers that tell why, or whom to ask; the others may be long, or secret. */
const TELLING =
  /^(content-type|retry-after|location|allow|www-authenticate|date|server|via|(x-)?(amzn-|amz-)?(request|correlation|trace)-?id|(x-)?ratelimit(-.+)?|cf-ray)$/;

const DETAIL_HEADER_LENGTH_MAX = 256;

function tellingHeaders(response: IncomingMessage): Json {
  const telling = Object.entries(responseHeaders(response)).filter(([name]) => TELLING.test(name));
  return Object.fromEntries(telling.map(([name, value]) => [name, value.slice(0, DETAIL_HEADER_LENGTH_MAX)]));
}

/** RFC 9110 §10.2.3: seconds, or the date of HTTP; undefined for anything else. */
export function parseRetryAfter(header: string | undefined, now: EpochMs): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : /\sGMT$/.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}

/** Failures after which the target has surely not acted. */
const SURELY_NOT_PROCESSED: ReadonlySet<string> = new Set(['connect_failed', 'dns_failed', 'http_429', 'http_503']);

/** Without `retry`, POST and PATCH repeat only what was surely not processed: not every target honours Idempotency-Key. */
export function isRetryableByDefault(config: Json, failed: Failure): boolean {
  const method = isJsonObject(config) ? config['method'] : undefined;
  const mayActTwice = method === 'POST' || method === 'PATCH';
  return failed.retryable && (!mayActTwice || SURELY_NOT_PROCESSED.has(failed.code));
}
