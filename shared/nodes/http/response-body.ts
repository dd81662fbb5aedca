import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

export interface ReceivedBody {
  readonly bytes: Buffer;
  /** More came, or would have come, than was allowed; `bytes` is what fitted. */
  readonly cut: boolean;
  /** A content encoding that we neither asked for nor know: `bytes` are as they came. */
  readonly stillEncoded: boolean;
}

/** Nobody compresses twice by intent; a longer list is an attack on our CPU. */
const ENCODINGS_MAX = 2;

/**
 * Reads the body, decompressing on the way, and stops at `bytesMax` *decompressed* bytes: a bomb of 1000:1 costs the
 * limit plus one chunk, not its size. Rejects when the body breaks off or is not what `content-encoding` says.
 */
export async function readBody(response: IncomingMessage, bytesMax: number): Promise<ReceivedBody> {
  const encodings = contentEncodings(response);
  const decoded = encodings === undefined ? response : decode(response, encodings);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded as AsyncIterable<Buffer>) {
    const room = bytesMax - size;
    chunks.push(chunk.subarray(0, room));
    size += Math.min(chunk.byteLength, room);
    if (chunk.byteLength > room) return { bytes: Buffer.concat(chunks), cut: true, stillEncoded: false };
  }
  return { bytes: Buffer.concat(chunks), cut: false, stillEncoded: encodings === undefined && size > 0 };
}

/** Undefined if one of them is unknown. */
function contentEncodings(response: IncomingMessage): readonly string[] | undefined {
  const named = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  return named.length <= ENCODINGS_MAX && named.every((name) => DECODERS.has(name)) ? named : undefined;
}

type Decode = (source: Readable | AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', (source) => through(source, createGunzip())],
  ['x-gzip', (source) => through(source, createGunzip())],
  ['br', (source) => through(source, createBrotliDecompress())],
  ['deflate', inflate],
]);

/** Encodings are listed in the order in which they were applied. */
function decode(response: IncomingMessage, encodings: readonly string[]): AsyncIterable<Buffer> {
  let stream: AsyncIterable<Buffer> = response;
  for (const name of encodings.toReversed()) stream = DECODERS.get(name)?.(stream) ?? stream;
  return stream;
}

function through(source: Readable | AsyncIterable<Buffer>, decoder: NodeJS.ReadWriteStream): AsyncIterable<Buffer> {
  // Errors surface where the decoder is read; the callback only keeps them from being thrown as well.
  return pipeline(source, decoder, () => {}) as AsyncIterable<Buffer>;
}

const ZLIB_HEADER_METHOD_MASK = 0x0f;
const ZLIB_HEADER_METHOD_DEFLATE = 0x08;

/** `deflate` means a zlib stream (RFC 9110 §8.4.1.2), but some servers send it bare: the first byte tells which. */
async function* inflate(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const method = (first.value[0] ?? 0) & ZLIB_HEADER_METHOD_MASK;
  const decoder = method === ZLIB_HEADER_METHOD_DEFLATE ? createInflate() : createInflateRaw();
  yield* through(startingWith(first.value, iterator), decoder);
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
