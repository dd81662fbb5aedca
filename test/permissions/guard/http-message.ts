import type { WireAnswer } from './denial.ts';

/** The head of a request as it came, and what a decision needs of it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly authorization: string;
  readonly target: string | undefined;
  /** Length of the head itself, its empty line included. */
  readonly bytes: number;
  readonly bodyBytes: number;
}

const END = '\r\n\r\n';
const HEAD_BYTES_MAX = 65_536;

/** Undefined while it is incomplete. @throws for what no AWS SDK sends for the operations that we know. */
export function parseHead(received: Buffer): RequestHead | undefined {
  const end = received.indexOf(END);
  if (end === -1 && received.length <= HEAD_BYTES_MAX) return undefined;
  const [requestLine = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const [method, url, version] = requestLine.split(' ');
  if (method === undefined || url === undefined || version !== 'HTTP/1.1') throw new Error(`not HTTP: ${requestLine}`);
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  if (headers.has('transfer-encoding')) throw new Error('a request of unknown length cannot be followed');
  return {
    method,
    url,
    authorization: headers.get('authorization') ?? '',
    target: headers.get('x-amz-target'),
    bytes: end + END.length,
    bodyBytes: Number(headers.get('content-length') ?? 0),
  };
}

/** The connection ends with it: of a refused upload, nobody knows how much is still to come. */
export function writtenAnswer({ status, headers, body }: WireAnswer): string {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' });
  return [`HTTP/1.1 ${status} Refused`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');
}
