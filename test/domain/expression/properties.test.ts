import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBase64, decodeBase64 } from '../../../shared/domain/expression/functions/base64.ts';
import { sha256Hex } from '../../../shared/domain/expression/functions/sha256.ts';
import { decodeUtf8, encodeUtf8 } from '../../../shared/domain/expression/functions/utf8.ts';
import {
  civilToMs,
  dayOfWeek,
  dayOfYear,
  instantText,
  msToCivil,
  parseTime,
} from '../../../shared/domain/expression/instants.ts';
import { Meter } from '../../../shared/domain/expression/meter.ts';
import { compileValue, evaluateValue } from '../../../shared/domain/expression/template.ts';
import { Instant } from '../../../shared/domain/expression/value.ts';
import { civilIn, fromWallClock } from '../../../shared/domain/expression/zones.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { failureOf, scopeOf, valueOf } from './evaluating.ts';

const text = fc.string({ unit: 'binary' });
const braces = fc
  .array(fc.oneof(fc.constantFrom('{{', '}}', '{', '}', '"', "'", '\\', '{{ input.n }}', '//', '"""'), text))
  .map((parts) => parts.join(''));
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value))) as fc.Arbitrary<Json>;

describe('for any data', () => {
  test('text that looks like templates comes out verbatim', () => {
    fc.assert(
      fc.property(braces, (data) => {
        const scope = scopeOf({ input: { data, list: [data] } });
        const value = (template: Json): unknown => {
          const result = evaluateValue(compileValue(template, '').compiled, scope);
          return result.ok && result.value;
        };
        expect(value('{{ input.data }}')).toBe(data);
        expect(value('<{{ input.data }}>')).toBe(`<${data}>`);
        expect(value('{{ {"a": input.list} }}')).toEqual({ a: [data] });
        expect(value('a{{ input.list }}')).toBe(`a${JSON.stringify([data])}`);
      }),
    );
  });

  test('a text without {{ is itself', () => {
    fc.assert(
      fc.property(
        braces.filter((data) => !data.includes('{{')),
        (data) => {
          expect(evaluateValue(compileValue(data, '').compiled, scopeOf())).toEqual({ ok: true, value: data });
        },
      ),
    );
  });

  test('whatever stands in a template, it compiles or has problems, and runs or fails, but never throws', () => {
    const source = fc
      .array(
        fc.constantFrom(
          'input',
          '.',
          'a',
          '?',
          '[',
          ']',
          '(',
          ')',
          '"',
          "'",
          '{',
          '}',
          '{{',
          '}}',
          ',',
          ':',
          '+',
          '-',
          '!',
          '==',
          '<',
          '&&',
          '||',
          '1',
          '2.5',
          'null',
          'true',
          'nodes',
          'has',
          '.map(x,',
          'x',
          'in',
          '\\',
          '\n',
          '//',
          'b"',
          'size',
          'now',
          '.?',
          '%',
          '0x',
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(source, json, (template, input) => {
        const { compiled, problems } = compileValue(`{{ ${template} }}`, '/x');
        const result = problems.length === 0 ? evaluateValue(compiled, scopeOf({ input })) : undefined;
        expect([undefined, true, false]).toContain(result?.ok);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a value passes through unchanged, equals itself and survives json', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(valueOf('input', a)).toBe(a);
        expect(valueOf('input.a == input.b', { a, b: structuredClone(a) })).toBe(true);
        expect(valueOf('json.decode(json.encode(input)) == input', a)).toBe(true);
        expect(valueOf('size([input.a, input.b].distinct()) == (input.a == input.b ? 1 : 2)', { a, b })).toBe(true);
      }),
    );
  });

  test('numbers are computed as JSON numbers', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const inputs = { a, b };
        for (const [operator, expected] of [
          ['+', a + b],
          ['-', a - b],
          ['*', a * b],
          ['/', a / b],
          ['%', a % b],
        ] as const) {
          const finite = Number.isFinite(expected);
          const outcome = (finite ? valueOf : failureOf)(`input.a ${operator} input.b`, inputs);
          expect(finite || JSON.stringify(outcome).includes('no finite result')).toBe(true);
          expect(finite ? outcome : expected).toBe(expected);
        }
        expect(valueOf('input.a < input.b', inputs)).toBe(a < b);
      }),
    );
  });
});

describe('done by hand, and the same as the platform does it', () => {
  test('UTF-8, base64, SHA-256', () => {
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 200 }), (string, bytes) => {
        const wellFormed = string.toWellFormed();
        expect(Buffer.from(encodeUtf8(string)).equals(Buffer.from(string, 'utf8'))).toBe(true);
        expect(decodeUtf8(Buffer.from(string, 'utf8'))).toBe(wellFormed);
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(Buffer.from(bytes).toString('base64url'))).toEqual(new Uint8Array(bytes));
        expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
        const strict = (() => {
          try {
            return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
          } catch {
            return undefined;
          }
        })();
        expect(decodeUtf8(bytes)).toBe(strict);
      }),
      { numRuns: 500 },
    );
  });

  test('a long text decodes in pieces', () => {
    const long = 'é😀a'.repeat(2_000);
    expect(decodeUtf8(encodeUtf8(long))).toBe(long);
  });

  test('the calendar', () => {
    const ms = fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(ms, (at) => {
        const date = new Date(at);
        const civil = msToCivil(at);
        expect(civilToMs(civil)).toBe(at);
        expect([
          civil.year,
          civil.month - 1,
          civil.day,
          civil.hour,
          civil.minute,
          civil.second,
          civil.millisecond,
        ]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth(),
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
          date.getUTCMilliseconds(),
        ]);
        expect(dayOfWeek(civil)).toBe(date.getUTCDay());
        expect(dayOfYear(civil)).toBe(
          Math.floor((at - Date.parse(`${date.toISOString().slice(0, 4)}-01-01`)) / 86_400_000),
        );
        expect(instantText(new Instant(at))).toBe(date.toISOString());
        expect(parseTime(date.toISOString())).toEqual({ civil, offsetMs: 0 });
      }),
    );
  });

  test('wall clocks: what a zone shows leads back to when it showed it', () => {
    const ms = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'UTC',
      '+05:45',
      '-03:30',
    );
    fc.assert(
      fc.property(ms, zone, (at, name) => {
        const meter = new Meter();
        const shown = civilIn(meter, at, name);
        const back = fromWallClock(meter, shown, name);
        // In an hour that comes twice the first is taken.
        expect(civilIn(meter, back, name)).toEqual(shown);
        expect(back).toBeLessThanOrEqual(at);
        expect(at - back).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});
