import { isUtf8 } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT } from '../aws-identity.ts';

/**
 * Bodies that HTTP API passes on as text; all others come base64-encoded, forms, YAML and requests without a content type
 * included. AWS documents no list; this one was measured (ministackorg/ministack#766).
 */
const TEXT_BODY = /^(?:text\/.*|application\/(?:json|javascript|xml))$/;

/** Thrown for what the gateway refuses before the function sees it. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
}

/** The event that HTTP API, payload format 2.0, makes of a request. */
export function gatewayEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const { path, query } = splitTarget(request.url ?? '/');
  const headers = joinedHeaders(request);
  const { cookie, ...otherHeaders } = headers;
  const now = new Date();
  // Bytes that are no text travel as bytes: decoded here they would be changed silently.
  const isText =
    isUtf8(body) && TEXT_BODY.test((headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '');
  const parameters = queryParameters(query);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(';').map((pair) => pair.trim()) }),
    headers: otherHeaders,
    ...(parameters !== undefined && { queryStringParameters: parameters }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: headers['host'] ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** HTTP API decodes the path (REST APIs and function URLs do not) and leaves the query as it came. */
function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  try {
    return { path: decodeURIComponent(rawPath), query: mark === -1 ? '' : target.slice(mark + 1) };
  } catch (error) {
    throw new MalformedRequest('The path is not valid percent-encoding.', { cause: error });
  }
}

function joinedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined) headers[name] = values.join(name === 'cookie' ? ';' : ',');
  }
  const address = request.socket.remoteAddress ?? '127.0.0.1';
  const forwarded = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwarded === undefined ? address : `${forwarded}, ${address}`;
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-amzn-trace-id'] ??=
    `Root=1-${Math.floor(Date.now() / 1_000).toString(16)}-${randomBytes(12).toString('hex')}`;
  return headers;
}

/** Repeated parameters are joined by a comma, so a comma in a value cannot be told apart: `rawQueryString` can. */
function queryParameters(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `21/Nov/2026:03:39:00 +0000` */
function commonLogTime(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, '0');
  const month = MONTHS[date.getUTCMonth()] ?? '';
  return `${day}/${month}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}
