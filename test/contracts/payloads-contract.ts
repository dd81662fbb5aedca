import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyAttributes, text, type Item } from '../../shared/adapters/aws/dynamo/attributes.ts';
import { load, packInto, unpack, type Payloads } from '../../shared/adapters/aws/payloads.ts';
import type { Json } from '../../shared/domain/json.ts';
import { noise, VALUES } from './samples.ts';

export interface PayloadsSubject extends AsyncDisposable {
  readonly payloads: Payloads;
}

const SCOPE = 'ws/ex_1';
const encode = (value: string) => new TextEncoder().encode(value);

/** What the store may rely on whatever keeps its large values. */
export function describePayloadsContract(name: string, start: () => Promise<PayloadsSubject>): void {
  describe(`payloads: ${name}`, () => {
    let subject: PayloadsSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject[Symbol.asyncDispose]());
    const payloads = (): Payloads => subject.payloads;

    objectCases(payloads);
    valueCases(payloads);
    thresholdCases(payloads);
  });
}

function objectCases(payloads: () => Payloads): void {
  test.each([
    ['one byte', new Uint8Array([0])],
    ['every byte', Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ['a megabyte', encode(noise(1_000_000))],
    ['six megabytes', new Uint8Array(6_000_000).fill(7)],
  ])('%s comes back as it was put', async (_what, bytes) => {
    const ref = await payloads().put(SCOPE, bytes);
    expect(Buffer.compare(await payloads().get(ref), bytes)).toBe(0);
  });

  test('the same content has the same name, however often it is put', async () => {
    const refs = await Promise.all([1, 2, 3].map(() => payloads().put(SCOPE, encode('same'))));
    expect(new Set(refs).size).toBe(1);
    expect(Buffer.from(await payloads().get(refs[0] ?? '')).toString()).toBe('same');
  });

  test('other content has another name, and so has the same of another execution or workspace', async () => {
    const refs = await Promise.all([
      payloads().put(SCOPE, encode('one')),
      payloads().put(SCOPE, encode('two')),
      payloads().put('ws/ex_2', encode('one')),
      payloads().put('other/ex_1', encode('one')),
    ]);
    expect(new Set(refs).size).toBe(4);
  });

  test('a name begins with where it belongs', async () => {
    expect(await payloads().put(SCOPE, encode('x'))).toMatch(/^ws\/ex_1\/[0-9a-f]{64}$/);
  });

  test('what was never put is an error, not an empty value', async () => {
    await expect(payloads().get(`${SCOPE}/${'0'.repeat(64)}`)).rejects.toBeInstanceOf(Error);
  });
}

function valueCases(payloads: () => Payloads): void {
  test.each(VALUES)('%s comes back from wherever it was packed', async (_what, value) => {
    const item: Item = keyAttributes({ pk: 'p', sk: 's' });
    await packInto(item, 'o', value, payloads(), SCOPE);
    expect(JSON.stringify(await load(item, 'o', payloads()))).toBe(JSON.stringify(value));
  });

  test('what was not packed is undefined, which null is not', async () => {
    const item: Item = {};
    await packInto(item, 'o', null, payloads(), SCOPE);
    expect([await load(item, 'o', payloads()), await load(item, 'other', payloads())]).toEqual([null, undefined]);
  });

  test('two values of one item are kept apart', async () => {
    const item: Item = {};
    await packInto(item, 'input', noise(20_000), payloads(), SCOPE);
    await packInto(item, 'output', 'small', payloads(), SCOPE);
    expect(await load(item, 'input', payloads())).toBe(noise(20_000));
    expect(await load(item, 'output', payloads())).toBe('small');
  });

  test('an object that is no packed value is an error', async () => {
    const item = { oRef: text(await payloads().put(SCOPE, encode('garbage'))) };
    await expect(load(item, 'o', payloads())).rejects.toBeInstanceOf(Error);
  });

  test('an object that unpacks to more than any value may be is an error, not a full memory', async () => {
    const bomb = deflateRawSync(Buffer.alloc(65 * 1_024 * 1_024, '1'));
    const item = { oRef: text(await payloads().put(SCOPE, bomb)) };
    await expect(load(item, 'o', payloads())).rejects.toBeInstanceOf(Error);
  });
}

/** Where the value lies in an item that holds `filled` bytes of other things. */
async function formOf(payloads: Payloads, value: Json, filled = 0): Promise<'plain' | 'compressed' | 'elsewhere'> {
  const item: Item = filled === 0 ? {} : { x: text('x'.repeat(filled - 1)) };
  await packInto(item, 'o', value, payloads, SCOPE);
  const found = unpack(item, 'o');
  if (found !== undefined && 'ref' in found) expect(found.bytes).toBe(Buffer.byteLength(JSON.stringify(value)));
  expect(await load(item, 'o', payloads)).toEqual(value);
  if (item['oRef'] !== undefined) return 'elsewhere';
  return item['o']?.S === undefined ? 'compressed' : 'plain';
}

function thresholdCases(payloads: () => Payloads): void {
  // A text of n letters has n + 2 bytes as JSON.
  test.each([
    ['159 bytes in a full item', 157, 2_000, 'plain'],
    ['160 bytes in a full item', 158, 2_000, 'compressed'],
    ['the rest of a write unit', 522, 500, 'plain'],
    ['a byte more than the rest of a write unit', 523, 500, 'compressed'],
    ['a write unit', 1_022, 0, 'plain'],
    ['a byte more than a write unit', 1_023, 0, 'compressed'],
  ])('%s lies in its item', async (_what, letters, filled, form) => {
    expect(await formOf(payloads(), 'y'.repeat(letters), filled)).toBe(form);
  });

  test('what compresses to 8 kB lies in its item, to a byte more elsewhere', async () => {
    const long = noise(12_000);
    const isSmall = (letters: number) => deflateRawSync(JSON.stringify(long.slice(0, letters))).length <= 8_192;
    let letters = 10_800;
    while (isSmall(letters + 1)) letters += 1;
    expect(isSmall(letters)).toBe(true);
    expect(await formOf(payloads(), long.slice(0, letters))).toBe('compressed');
    expect(await formOf(payloads(), long.slice(0, letters + 1))).toBe('elsewhere');
  });

  test('bytes count, not letters', async () => {
    expect(await formOf(payloads(), '支'.repeat(340))).toBe('plain');
    expect(await formOf(payloads(), '支'.repeat(341))).toBe('compressed');
  });
}
