import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { FUNCTIONS } from '../../../shared/domain/expression/functions/functions.ts';
import { failureOf, valueOf } from './evaluating.ts';

type Row = [source: string, expected: Json];

function yields(rows: readonly Row[], input: Json = {}): void {
  test.each([...rows])('%s', (source, expected) => {
    expect(valueOf(source, input)).toEqual(expected);
  });
}

function fails(rows: readonly [source: string, reason: string][], input: Json = {}): void {
  test.each([...rows])('%s fails', (source, reason) => {
    expect(failureOf(source, input)).toContain(reason);
  });
}

describe('texts', () => {
  const input = { s: 'héllo 😀 wörld', a: ['x', 'y', 'z'] };
  yields(
    [
      ['size(input.s)', 13],
      ['input.s.size()', 13],
      ['"".size()', 0],
      ['input.s.contains("😀")', true],
      ['input.s.contains("q")', false],
      ['input.s.startsWith("hé")', true],
      ['input.s.endsWith("ld")', true],
      ['"a".startsWith("ab")', false],
      ['input.s.substring(6, 7)', '😀'],
      ['input.s.substring(8)', 'wörld'],
      ['"abc".substring(1, 1)', ''],
      ['"abc".substring(3)', ''],
      ['input.s.indexOf("w")', 8],
      ['input.s.indexOf("l", 4)', 11],
      ['input.s.indexOf("q")', -1],
      ['input.s.lastIndexOf("l")', 11],
      ['input.s.lastIndexOf("l", 9)', 3],
      ['"abc".lastIndexOf("")', 3],
      ['"a-b-c".replace("-", "+")', 'a+b+c'],
      ['"a-b-c".replace("-", "+", 1)', 'a+b-c'],
      ['"a-b-c".replace("-", "+", 0)', 'a-b-c'],
      ['"a-b-c".replace("-", "+", -1)', 'a+b+c'],
      ['"abc".replace("x", "y")', 'abc'],
      ['"a,b,c".split(",")', ['a', 'b', 'c']],
      ['"a,b,c".split(",", 2)', ['a', 'b,c']],
      ['"a,b,c".split(",", 0)', []],
      ['"a,b".split(",", -1)', ['a', 'b']],
      ['"a,b".split(",", 9)', ['a', 'b']],
      ['"a😀b".split("")', ['a', '😀', 'b']],
      ['"".split(",")', ['']],
      ['input.a.join("-")', 'x-y-z'],
      ['input.a.join()', 'xyz'],
      ['[].join(",")', ''],
      ['"  a b ".trim()', 'a b'],
      ['"ABC abc 1".lowerAscii()', 'abc abc 1'],
      ['"ÄBC İ".lowerAscii()', 'Äbc İ'],
      ['"äbc ß".upperAscii()', 'äBC ß'],
      ['"abc".upperAscii()', 'ABC'],
      ['"%s is %d, %.2f %% %s".format(["a", 3, 1.005, [1, "b"]])', 'a is 3, 1.00 % [1,"b"]'],
      ['"%f %e %.1e".format([1.5, 1500, 1500])', '1.500000 1.500000e+3 1.5e+3'],
      ['"%x %X %o %b".format([255, 255, 8, 5])', 'ff FF 10 101'],
      ['"%s %s".format([null, true])', 'null true'],
      ['"%s".format([now])', '2026-12-24T18:30:05.042Z'],
      ['"plain".format([])', 'plain'],
      ['input.s.matches("^h.*d$")', true],
      ['"abc".matches("b")', true],
      ['"abc".matches("^b")', false],
      ['"ABC".matches("(?i)abc")', true],
      ['"ab".matches("^\\\\pL{2}$")', true],
      ['input.a.filter(x, x.matches("[xy]"))', ['x', 'y']],
    ],
    input,
  );
  fails(
    [
      ['"abc".substring(4)', 'substring(): position 4 is outside the text'],
      ['"abc".substring(-1)', 'position -1'],
      ['"abc".substring(0.5)', 'position 0.5'],
      ['"abc".substring(2, 1)', 'position 2 lies behind 1'],
      ['"😀".substring(2)', 'position 2'],
      ['"abc".indexOf("a", 9)', 'indexOf(): position 9'],
      ['"abc".lastIndexOf("a", 9)', 'lastIndexOf(): position 9'],
      ['"abc".replace("", "x")', 'the text to replace is empty'],
      ['[1].join(",")', 'join(): the list holds a number'],
      ['"%s".format([])', 'format(): no value for clause 1, the list has 0'],
      ['"%q".format([1])', 'unknown clause %q'],
      ['"%d".format([1.5])', 'whole numbers'],
      ['"%f".format(["a"])', '%f takes a number, got a string'],
      ['"%s".format([optional.none()])', 'an optional has no text'],
      ['"abc".matches("(" + "a")', 'not valid RE2'],
      ['"abc".matches("(?=a)")', 'not valid RE2'],
      ['"abc".matches("\\\\p{Nope}")', 'not valid RE2'],
      ['"abc".matches("a{9999}")', 'not valid RE2'],
    ],
    input,
  );
});

describe('numbers', () => {
  yields([
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['round(1.005, 2)', 1.01],
    ['round(1234.5678, 2)', 1234.57],
    ['round(1e20, 2)', 1e20],
    ['round(1e-10, 2)', 0],
    ['round(0.1 + 0.2, 10)', 0.3],
    ['(2.345).round(1)', 2.3],
    ['round(-0.4)', 0],
    ['floor(1.7)', 1],
    ['floor(-1.2)', -2],
    ['ceil(1.2)', 2],
    ['ceil(-0.5)', 0],
    ['abs(-3)', 3],
    ['math.least(3, 1, 2)', 1],
    ['math.greatest(3, 1, 2)', 3],
    ['math.least([3, 1])', 1],
    ['math.greatest([3, 5])', 5],
    ['math.least(4)', 4],
    ['sum([1, 2.5])', 3.5],
    ['[].sum()', 0],
    ['[1, 2].sum()', 3],
    ['int(2.9)', 2],
    ['int(-2.9)', -2],
    ['int("42")', 42],
    ['int("-1.5e2")', -150],
    ['int(-0.5)', 0],
    ['uint(3)', 3],
    ['uint("3")', 3],
    ['double("1.5")', 1.5],
    ['double(2)', 2],
    ['double(".5")', 0.5],
    ['int(timestamp("1970-01-01T00:01:00.999Z"))', 60],
  ]);
  fails([
    ['round(1, 16)', 'digits must be 0 to 15'],
    ['round(1, -1)', 'digits must be'],
    ['round(1, 0.5)', 'digits must be'],
    ['math.least([])', 'math.least(): the list is empty'],
    ['sum(["a"])', 'sum(): the list holds something other than numbers'],
    ['int("abc")', 'int(): the text is not a number'],
    ['double("NaN")', 'not a number'],
    ['double("1e999")', 'not a number'],
    ['double("")', 'not a number'],
    ['uint(-1)', 'uint(): the number is negative'],
  ]);
});

describe('lists and maps', () => {
  const input: Json = { l: [3, 1, 2], m: { b: 1, a: 2 }, o: [{ k: 1 }, { k: 1 }, { k: 2 }] };
  yields(
    [
      ['input.l.min()', 1],
      ['max(input.l)', 3],
      ['["b", "a"].min()', 'a'],
      ['[now, now].max()', '2026-12-24T18:30:05.042Z'],
      ['input.l.sort()', [1, 2, 3]],
      ['["b", "a"].sort()', ['a', 'b']],
      ['[true, false].sort()', [false, true]],
      ['[].sort()', []],
      ['[duration("2s"), duration("1s")].sort()', ['1s', '2s']],
      ['input.o.distinct()', [{ k: 1 }, { k: 2 }]],
      ['[1, 1.0, "1", null, null, true, "true"].distinct()', [1, '1', null, true, 'true']],
      ['[0, -0].distinct()', [0]],
      ['[{"a": 1, "b": 2}, {"b": 2, "a": 1}].distinct()', [{ a: 1, b: 2 }]],
      ['[[1], [1], []].distinct()', [[1], []]],
      [
        'size([now, now, duration("1s"), duration("1s"), type(1), type(2), optional.none(), optional.of(1), optional.of(1)].distinct())',
        5,
      ],
      ['[[1], [2, [3]], 4].flatten()', [1, 2, [3], 4]],
      ['[[1], [2, [3]]].flatten(2)', [1, 2, 3]],
      ['[1, 2].flatten(9)', [1, 2]],
      ['input.l.slice(1)', [1, 2]],
      ['input.l.slice(0, 2)', [3, 1]],
      ['input.l.slice(3)', []],
      ['lists.range(3)', [0, 1, 2]],
      ['lists.range(0)', []],
      ['size(input.l)', 3],
      ['size(input.m)', 2],
      ['input.m.keys()', ['b', 'a']],
      ['values(input.m)', [1, 2]],
      ['merge(input.m, {"a": 9, "c": 3})', { b: 1, a: 9, c: 3 }],
      ['input.m.merge({})', { b: 1, a: 2 }],
    ],
    input,
  );
  fails(
    [
      ['[].min()', 'min(): the list is empty'],
      ['[1, "a"].max()', "'max' cannot combine"],
      ['[{}].min()', "'min' cannot combine a map and a map"],
      ['[null].sort()', "'sort' cannot combine null and null"],
      ['[1, "a"].sort()', "'sort' cannot combine"],
      ['[1].flatten(0)', 'the depth must be 1 or more'],
      ['[1].slice(2)', 'slice(): 2 to 1 is not within 0 and 1'],
      ['[1].slice(0.5)', 'slice()'],
      ['[1].slice(-1)', 'slice()'],
      ['lists.range(-1)', 'a whole number, 0 or more'],
      ['lists.range(1.5)', 'a whole number'],
      ['lists.range(100001)', 'at most 100000'],
      ['merge(json.decode("{}"), input.l[0] == 3 ? {"proto" + "type": 1} : {})', "the key 'prototype' is not allowed"],
    ],
    input,
  );
  test('the order of keys is kept', () => {
    expect(Object.keys(valueOf('merge(input.m, {"z": 1, "c": 2})', input) as object)).toEqual(['b', 'a', 'z', 'c']);
  });
});

describe('conversions and types', () => {
  yields([
    ['string(5)', '5'],
    ['string(2.50)', '2.5'],
    ['string(true)', 'true'],
    ['string("a")', 'a'],
    ['string(now)', '2026-12-24T18:30:05.042Z'],
    ['string(duration("90s"))', '90s'],
    ['string([1])', '[1]'],
    ['string({"a": now})', '{"a":"2026-12-24T18:30:05.042Z"}'],
    ['string(type("a"))', 'string'],
    ['bool("true")', true],
    ['bool("false")', false],
    ['bool(true)', true],
    ['dyn(1) == 1', true],
    ['type(1)', 'double'],
    ['type(1) == int && type(1.5) == double && type(1) == uint', true],
    ['type("a") == string', true],
    ['type([]) == list', true],
    ['type({}) == map', true],
    ['type(null) == null_type', true],
    ['type(true) == bool', true],
    ['type(type(1)) == type', true],
    ['type(now)', 'google.protobuf.Timestamp'],
    ['type(optional.none()) == optional_type', true],
  ]);
  fails([
    ['string(null)', 'string(): null has no text'],
    ['bool("yes")', "bool(): the text is neither 'true' nor 'false'"],
  ]);
});

describe('codecs', () => {
  yields(
    [
      ['json.encode({"a": [1, null, "x"], "t": now})', '{"a":[1,null,"x"],"t":"2026-12-24T18:30:05.042Z"}'],
      ['json.decode("{\\"a\\": [1, true, null]}").a[0]', 1],
      ['json.decode(json.encode(input)) == input', true],
      ['base64.encode("user:pass")', 'dXNlcjpwYXNz'],
      ['base64.encode("a")', 'YQ=='],
      ['base64.encode("ab")', 'YWI='],
      ['base64.encode("")', ''],
      ['base64.decode("dXNlcjpwYXNz")', 'user:pass'],
      ['base64.decode("YQ")', 'a'],
      ['base64.decode("4pyT-_8".substring(0, 4))', '✓'],
      ['base64.decode("w7_Dvw")', 'ÿÿ'],
      ['base64.decode("8J-YgA==")', '😀'],
      ['url.encode("a b/c?d=é&!\'()*")', 'a%20b%2Fc%3Fd%3D%C3%A9%26%21%27%28%29%2A'],
      ['sha256("")', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['sha256("abc")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ],
    { a: [{ b: 'c' }] },
  );
  fails([
    ['json.decode("{")', 'json.decode(): not valid JSON'],
    [`json.decode("${'['.repeat(40)}${']'.repeat(40)}")`, 'nests deeper than 32'],
    ['base64.decode("a")', 'not valid base64'],
    ['base64.decode("a$==")', 'not valid base64'],
    ['base64.decode("YQ=")', 'not valid base64'],
    ['base64.decode("/w==")', 'the bytes are not UTF-8 text'],
    ['base64.decode("wK8=")', 'not UTF-8'],
    ['base64.decode("7aCA")', 'not UTF-8'],
    ['base64.decode("4pw=")', 'not UTF-8'],
    ['base64.decode("4igo")', 'not UTF-8'],
    ['base64.decode("gA==")', 'not UTF-8'],
    ['base64.decode("+A==")', 'not UTF-8'],
    ['base64.decode("9JCAgA==")', 'not UTF-8'],
  ]);
});

describe('time', () => {
  const T = 'timestamp("2024-02-29T13:04:05.678Z")';
  yields([
    ['now', '2026-12-24T18:30:05.042Z'],
    ['timestamp("2026-12-24T18:00:00+01:00")', '2026-12-24T17:00:00.000Z'],
    ['timestamp("2026-12-24")', '2026-12-24T00:00:00.000Z'],
    ['timestamp("2026-12-24 18:00Z")', '2026-12-24T18:00:00.000Z'],
    ['timestamp("1815-12-10T00:00:00Z")', '1815-12-10T00:00:00.000Z'],
    ['timestamp("2026-01-01T00:00:00.123456789Z")', '2026-01-01T00:00:00.123Z'],
    ['timestamp(60)', '1970-01-01T00:01:00.000Z'],
    ['timestamp(now) == now', true],
    ['timestamp("0001-01-01T00:00:00Z")', '0001-01-01T00:00:00.000Z'],
    ['timestamp("2026-12-24T18:00:00", "Europe/Berlin")', '2026-12-24T17:00:00.000Z'],
    ['timestamp("2026-07-24", "Europe/Berlin")', '2026-07-23T22:00:00.000Z'],
    ['timestamp("2026-12-24T18:00:00Z", "Europe/Berlin")', '2026-12-24T18:00:00.000Z'],
    ['timestamp("2026-12-24T18:00:00", "-03:30")', '2026-12-24T21:30:00.000Z'],
    ['timestamp("2026-12-24T18:00:00", "UTC")', '2026-12-24T18:00:00.000Z'],
    // Skipped (29 March 2026, 2:00 → 3:00) and repeated (25 October 2026, 3:00 → 2:00) wall clock times.
    ['timestamp("2026-03-29T02:30:00", "Europe/Berlin")', '2026-03-29T01:30:00.000Z'],
    ['timestamp("2026-10-25T02:30:00", "Europe/Berlin")', '2026-10-25T00:30:00.000Z'],
    ['timestamp("2026-10-25T12:00:00", "Europe/Berlin")', '2026-10-25T11:00:00.000Z'],
    ['timestamp("2026-03-29T12:00:00", "Europe/Berlin")', '2026-03-29T10:00:00.000Z'],
    ['duration("3d")', '259200s'],
    ['duration("1h30m")', '5400s'],
    ['duration("-1.5h")', '-5400s'],
    ['duration("1d2h3m4s5ms")', '93784.005s'],
    ['duration("PT15M")', '900s'],
    ['duration("500ms")', '0.5s'],
    ['duration(duration("1s")) == duration("1s")', true],
    ['now + duration("1h")', '2026-12-24T19:30:05.042Z'],
    ['duration("1h") + now', '2026-12-24T19:30:05.042Z'],
    ['now - duration("1h")', '2026-12-24T17:30:05.042Z'],
    ['now - timestamp("2026-12-24T18:30:00Z")', '5.042s'],
    ['duration("1h") - duration("1m")', '3540s'],
    ['duration("1h") + duration("1m")', '3660s'],
    ['now > timestamp("2026-01-01")', true],
    ['duration("1h") < duration("2h")', true],
    ['now.epochMs()', 1_798_137_005_042],
    ['timestamp("2026-12-24").epochMs() % 1000', 0],
    [`${T}.getFullYear()`, 2024],
    [`${T}.getMonth()`, 1],
    [`${T}.getDate()`, 29],
    [`${T}.getDayOfMonth()`, 28],
    [`${T}.getDayOfWeek()`, 4],
    [`${T}.getDayOfYear()`, 59],
    [`${T}.getHours()`, 13],
    [`${T}.getMinutes()`, 4],
    [`${T}.getSeconds()`, 5],
    [`${T}.getMilliseconds()`, 678],
    [`${T}.getHours("America/New_York")`, 8],
    [`${T}.getDate("Asia/Tokyo")`, 29],
    [`${T}.getHours("+05:30")`, 18],
    ['timestamp("1969-07-20T20:17:40Z").getDayOfWeek()', 0],
    ['duration("90m").getHours()', 1],
    ['duration("90m").getMinutes()', 90],
    ['duration("-90s").getSeconds()', -90],
    ['duration("1500ms").getMilliseconds()', 500],
    [`${T}.format("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")`, '2024-02-29T13:04:05.678Z'],
    [`${T}.format("EEEE, d MMMM yy, h:mm a xxx", "America/New_York")`, 'Thursday, 29 February 24, 8:04 AM -05:00'],
    [`${T}.format("EEE dd MMM M/d H m s hh a XXX", "+05:30")`, 'Thu 29 Feb 2/29 18 34 5 06 PM +05:30'],
    [`${T}.format("''yy 'o''clock'")`, "'24 o'clock"],
    [`${T}.format("")`, ''],
    ['timestamp("2024-01-01T00:30:00Z").format("h a")', '12 AM'],
  ]);
  fails([
    ['timestamp("tomorrow")', 'timestamp(): not an RFC 3339 time'],
    ['timestamp("2026-02-30")', 'not an RFC 3339 time'],
    ['timestamp("2026-13-01")', 'not an RFC 3339'],
    ['timestamp("2026-01-01T25:00:00Z")', 'not an RFC 3339'],
    ['timestamp("2026-01-01T10:61:00Z")', 'not an RFC 3339'],
    ['timestamp("2026-12-24T18:00:00")', 'the time has no offset'],
    ['timestamp("soon", "UTC")', 'not a time such as'],
    ['timestamp("2026-12-24", "Mars/Olympus")', 'the time zone is unknown'],
    ['timestamp("2026-12-24", "é")', 'the time zone is not an IANA name'],
    ['now.getHours("")', 'not an IANA name'],
    ['timestamp(1e15)', 'outside the years 1 to 9999'],
    ['duration("soon")', 'duration(): not a duration'],
    ['duration("")', 'not a duration'],
    ['duration("-")', 'not a duration'],
    ['duration("99999999999h")', 'longer than 9,999 years'],
    ['now.format("yyyy-QQ")', "unknown pattern letters 'QQ'"],
    ['now.format("\'oops")', "a quote ' is not closed"],
    [`now.format("${'y'.repeat(600)}")`, 'the pattern is longer than 512'],
  ]);
});

test('all forms of a function yield the same kind, so that it is known at save', () => {
  const kinds = [...FUNCTIONS].map(([name, forms]) => [name, new Set(forms.map((form) => form.returns)).size]);
  expect(kinds.filter(([, size]) => size !== 1)).toEqual([]);
});

test('the cache of zones does not grow without end', () => {
  for (const zone of Intl.supportedValuesOf('timeZone').slice(0, 80))
    expect(valueOf('now.getFullYear(input)', zone)).toBe(2026);
  expect(valueOf('now.getHours("Europe/Berlin")')).toBe(19);
});
