import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface RawRequest {
  readonly method: string;
  /** Sent as it is: nothing is encoded or normalized. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed if the answer says that it is JSON; tests look into it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are what the tests are about
  readonly body: any;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** `fetch` normalizes paths and refuses much of what is tested here; node:http sends almost everything. */
export function send(url: string, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, hostname, port, method, path, headers: headersOf(headers, body) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString()));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What even node:http refuses: control characters and spaces in the request line, raw bytes in headers. */
export function sendBytes(url: string, head: string, body: Uint8Array = new Uint8Array()): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(Buffer.from(head, 'latin1'));
      socket.write(body);
    });
    const chunks: Buffer[] = [];
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      const [headText = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n');
      const [statusLine = '', ...lines] = headText.split('\r\n');
      const named = lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]);
      resolve(
        answerOf(
          Number(statusLine.split(' ')[1]),
          Object.fromEntries(named) as IncomingHttpHeaders,
          rest.join('\r\n\r\n'),
        ),
      );
    });
  });
}

/** Node sends the body of a GET without saying that there is one. */
function headersOf(
  headers: NonNullable<RawRequest['headers']>,
  body: RawRequest['body'],
): Record<string, string | string[]> {
  const given = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]);
  return {
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...Object.fromEntries(given),
  };
}

function answerOf(status: number, headers: IncomingHttpHeaders, text: string): RawAnswer {
  const isJson = (headers['content-type'] ?? '').includes('json') && text !== '';
  return { status, headers, text, body: isJson ? (JSON.parse(text) as unknown) : undefined };
}

/** Runs the work over the cases, a few at a time; answers in the order of the cases. */
export async function mapConcurrently<T, R>(
  cases: readonly T[],
  work: (one: T) => Promise<R>,
  atOnce = 16,
): Promise<R[]> {
  const results: R[] = Array.from({ length: cases.length });
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < cases.length; at = next++) results[at] = await work(cases[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, cases.length) }, worker));
  return results;
}
