import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../shared/domain/limits.ts';
import { parseJson } from '../../shared/documents/parse-json.ts';
import { PROBLEMS_MAX } from '../../shared/documents/problem-list.ts';

function problemsOf(text: string) {
  const parsed = parseJson(text);
  return parsed.ok ? [] : parsed.error.map(({ code, path, message }) => [code, path, message]);
}

describe('what is JSON parses to what JSON.parse makes of it', () => {
  test.each([
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1.5e3',
    '1E+2',
    '123456789012345678901',
    '""',
    '"\\u0000\\ud83d\\ude00\\/"',
    '[]',
    '{}',
    ' [ 1 , 2 ] ',
    '\t\r\n{ "a" : [ { } , [ ] ] }\n',
    '{"":0,"a/b":1,"~":2}',
    '"\u007f\u2028"',
    '{"toString":1,"hasOwnProperty":2}',
  ])('%s', (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test('a leading byte order mark is skipped', () => {
    expect(parseJson('\ufeff{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
  });

  test('any value written by JSON.stringify comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        // fast-check likes these names.
        if (/"(?:__proto__|constructor|prototype)"\s*:/.test(text)) return;
        expect(problemsOf(text)).toEqual([]);
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns: 500 },
    );
  });

  test('any text is refused or taken exactly as JSON.parse would, but for the stricter rules', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"',
      '\\',
      '\\u00',
      '1',
      '-',
      '.5',
      'e3',
      '0',
      'true',
      'nul',
      ' ',
      '\n',
      "'",
      '/',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const parsed = parseJson(text);
        if (!parsed.ok && parsed.error.some((problem) => problem.code === 'duplicate_key')) return;
        expect(parsed.ok ? parsed : { ok: false }).toEqual(hostParse(text));
      }),
      { numRuns: 5_000, examples: [[['1', 'e3', '1', '0']], [['-', '1', 'e3', '0', '9']]] },
    );
  });
});

/** What `JSON.parse` says, but for numbers that no double can hold: these it reads as Infinity, we refuse them. */
function hostParse(text: string) {
  const finite = (_key: string, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('not a finite number');
    return value;
  };
  try {
    return { ok: true, value: JSON.parse(text, finite) as unknown };
  } catch {
    return { ok: false };
  }
}

describe('what is not JSON is refused with line, column and what was expected', () => {
  test.each([
    ['', '', 'line 1, column 1: expected a value, the text ends'],
    ['  ', '', 'line 1, column 3: expected a value, the text ends'],
    ['{"a":1,}', '', 'line 1, column 8: expected a key in double quotes, found "}"'],
    ['[1,]', '/1', 'line 1, column 4: expected a value, found "]"'],
    ['[1 2]', '/0', 'line 1, column 4: expected "," or "]", found "2"'],
    ['{"a":{"b" 1}}', '/a/b', 'line 1, column 11: expected ":", found "1"'],
    ['{\n  "a": 1\n  "b": 2\n}', '/a', 'line 3, column 3: expected "," or "}", found "\\""'],
    ['{a:1}', '', 'line 1, column 2: expected a key in double quotes, found "a"'],
    ['{} x', '', 'line 1, column 4: expected the end of the document, found "x"'],
    ['// no', '', 'line 1, column 1: expected a value, found "/"'],
    ['NaN', '', 'line 1, column 1: expected a value, found "N"'],
    ['truely', '', 'line 1, column 1: "truely" is not a JSON value'],
    ['01', '', 'line 1, column 1: "01" is not a JSON value'],
    ['-', '', 'line 1, column 1: expected digits after "-"'],
    ['[1e999]', '/0', 'line 1, column 2: a number outside the range of a double (1.8e308)'],
    ['"a', '', 'line 1, column 1: expected the closing quote of this string, the text ends'],
    ['"\\x"', '', 'line 1, column 2: expected an escape: one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'],
    ['"\\u12g4"', '', 'line 1, column 2: expected four hexadecimal digits after \\u'],
    ['"a\tb"', '', 'line 1, column 3: a control character in a string: write it as an escape such as \\n'],
    ['"\\ud800"', '', 'line 1, column 2: half of a surrogate pair is not a character'],
    ['"\\ud800\\ud800"', '', 'line 1, column 2: half of a surrogate pair is not a character'],
    ['"\\udc00"', '', 'line 1, column 2: half of a surrogate pair is not a character'],
    ['"\ud800"', '', 'line 1, column 2: half of a surrogate pair is not a character'],
    ['{"a"', '/a', 'line 1, column 5: expected ":", the text ends'],
  ])('%j', (text, path, message) => {
    expect(problemsOf(text)).toEqual([['malformed', path, `not valid JSON at ${message}`]]);
  });
});

describe('keys', () => {
  test('all duplicate and forbidden keys are reported at once, with pointers', () => {
    expect(
      problemsOf('{"a":1,"a":2,"b":[{"x/y":1,"x\\/y":2}],"__proto__":{"constructor":1},"c":{"prototype":1}}'),
    ).toEqual([
      ['duplicate_key', '/a', 'the key "a" appears a second time (line 1, column 8)'],
      ['duplicate_key', '/b/0/x~1y', 'the key "x/y" appears a second time (line 1, column 28)'],
      [
        'malformed',
        '/__proto__',
        'the key "__proto__" is not allowed anywhere in a document, use another name (line 1, column 39)',
      ],
      [
        'malformed',
        '/__proto__/constructor',
        'the key "constructor" is not allowed anywhere in a document, use another name (line 1, column 52)',
      ],
      [
        'malformed',
        '/c/prototype',
        'the key "prototype" is not allowed anywhere in a document, use another name (line 1, column 74)',
      ],
    ]);
  });

  test('escapes are compared as the characters they stand for', () => {
    expect(problemsOf('{"ab":1,"a\\u0062":2}')).toMatchObject([['duplicate_key', '/ab', expect.anything()]]);
  });

  test('duplicates are found in large maps too, and a syntax error does not hide those before it', () => {
    const members = Array.from({ length: 1_000 }, (_, index) => `"k${index}":0`);
    expect(problemsOf(`{${[...members, '"k7":1', 'oops'].join(',')}`).map(([code, path]) => [code, path])).toEqual([
      ['duplicate_key', '/k7'],
      ['malformed', ''],
    ]);
  });

  test('the list of problems has an end, and so has each message', () => {
    const duplicates = `{${Array.from({ length: 5_000 }, () => '"a":1').join(',')}}`;
    expect(problemsOf(duplicates)).toHaveLength(PROBLEMS_MAX);
    const long = 'k'.repeat(100_000);
    const answer = JSON.stringify(problemsOf(`{"${long}":1,"${long}":2}`));
    expect(answer.length).toBeLessThan(4_000);
  });
});

describe('depth', () => {
  test.each(['[', '{"a":'])('as deep as the limit is taken, one deeper is refused: %s', (open) => {
    const close = open === '[' ? ']' : '}';
    const nested = (levels: number) =>
      `${open.repeat(levels - 1)}${open === '[' ? '[]' : '{}'}${close.repeat(levels - 1)}`;
    expect(parseJson(nested(LIMITS.depthMax)).ok).toBe(true);
    expect(problemsOf(nested(LIMITS.depthMax + 1))).toMatchObject([
      ['limit_exceeded', expect.anything(), expect.stringContaining('32 levels')],
    ]);
  });

  test('a megabyte of brackets costs nothing', () => {
    expect(problemsOf('['.repeat(1_000_000)).map(([code]) => code)).toEqual(['limit_exceeded']);
    expect(problemsOf('{"a":'.repeat(200_000)).map(([code]) => code)).toEqual(['limit_exceeded']);
  });
});
