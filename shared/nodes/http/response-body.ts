import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
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
  if (encodings?.length === 0) return readPlain(response, bytesMax);
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

/** By far the most common. Reading it as an iterator takes as long as all the rest of the exchange. */
function readPlain(response: IncomingMessage, bytesMax: number): Promise<ReceivedBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const end = (cut: boolean): void => resolve({ bytes: joined(chunks), cut, stillEncoded: false });
    response.on('data', (chunk: Buffer) => {
      const room = bytesMax - size;
      chunks.push(chunk.byteLength > room ? chunk.subarray(0, room) : chunk);
      size += chunk.byteLength;
      if (chunk.byteLength <= room) return;
      response.pause();
      end(true);
    });
    response.once('end', () => end(false));
    response.once('error', reject);
    response.once('close', () => {
      if (!response.complete) reject(new Error('the answer broke off'));
    });
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** Undefined if one of them is unknown. */
function contentEncodings(response: IncomingMessage): readonly string[] | undefined {
  const header = response.headers['content-encoding'];
  if (header === undefined) return [];
  const named = header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  return named.length <= ENCODINGS_MAX && named.every((name) => DECODERS.has(name)) ? named : undefined;
}

type Decoder = NodeJS.ReadWriteStream;

/** Each is chosen by the first byte of what it will decode. */
const DECODERS: ReadonlyMap<string, (firstByte: number) => Decoder> = new Map<string, (firstByte: number) => Decoder>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['br', () => createBrotliDecompress()],
  ['deflate', inflate],
]);

const ZLIB_HEADER_METHOD_MASK = 0x0f;
const ZLIB_HEADER_METHOD_DEFLATE = 0x08;

/** `deflate` means a zlib stream (RFC 9110 §8.4.1.2), but some servers send it bare. */
function inflate(firstByte: number): Decoder {
  return (firstByte & ZLIB_HEADER_METHOD_MASK) === ZLIB_HEADER_METHOD_DEFLATE ? createInflate() : createInflateRaw();
}

/** Encodings are listed in the order in which they were applied. */
function decode(response: IncomingMessage, encodings: readonly string[]): AsyncIterable<Buffer> {
  let decoded: AsyncIterable<Buffer> = response;
  for (const name of encodings.toReversed()) {
    const decoder = DECODERS.get(name);
    if (decoder !== undefined) decoded = through(decoded, decoder);
  }
  return decoded;
}

async function* through(
  source: AsyncIterable<Buffer>,
  decoderFor: (firstByte: number) => Decoder,
): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  // HEAD, 204 and 304 name an encoding of nothing, which no decoder accepts.
  if (first.done === true) return;
  const decoder = decoderFor(first.value[0] ?? 0);
  // Errors surface where the decoder is read; the callback only keeps them from being thrown as well.
  yield* pipeline(startingWith(first.value, iterator), decoder, () => {}) as unknown as AsyncIterable<Buffer>;
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
