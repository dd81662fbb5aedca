import type { Json } from '../../../shared/domain/json.ts';
import { epochMs } from '../../../shared/domain/time.ts';
import type { Scope } from '../../../shared/domain/expression/template.ts';

/** Data at the size that the limits let through, made so that naive implementations suffer. */
export function hostileScope(): Scope {
  const zeros = Array.from({ length: 100_000 }, (_, index) => index % 2);
  const objects = Array.from({ length: 100_000 }, (_, index): Json => ({
    id: index,
    name: `name ${index % 97}`,
    tags: [index % 7, 'x'],
  }));
  const input: Json = {
    big: zeros.map((_, index) => index),
    zeros,
    objects,
    same: structuredClone(objects),
    text: 'a'.repeat(1_000_000),
    emoji: '😀'.repeat(250_000),
    accents: 'aé'.repeat(400_000),
    mixed: 'aB'.repeat(400_000),
    words: 'word '.repeat(150_000),
    json: `[${'{},'.repeat(330_000)}{}]`,
    deepJson: '['.repeat(400_000),
    numbers: `[${'1,'.repeat(490_000)}1]`,
    escapes: '\u0001'.repeat(900_000),
    lists: Array.from({ length: 300 }, () => zeros),
    wide: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, index])),
    zones: [
      'Europe/Berlin',
      'Asia/Tokyo',
      'America/New_York',
      'Africa/Cairo',
      'Asia/Kolkata',
      'Europe/Paris',
      'Europe/Rome',
      'Europe/Oslo',
      'Asia/Dubai',
      'Asia/Seoul',
      'Asia/Manila',
      'Africa/Lagos',
      'Africa/Tunis',
      'America/Lima',
      'America/Bogota',
      'Pacific/Fiji',
      'Pacific/Guam',
      'Europe/Vienna',
    ],
    nearMiss: `${'a'.repeat(50_000)}b`,
    emptyKeys: [{}, {}, {}],
  };
  return { input, nodes: {}, execution: {}, now: epochMs(1_766_577_600_000) };
}

const nest = (open: string, inner: string, close: string, times: number): string =>
  open.repeat(times) + inner + close.repeat(times);
const doubled = (times: number, start: string, step: (name: string) => string): string => {
  const names = Array.from({ length: times }, (_, index) => `v${index}`);
  const bindings = names.map((name, index) => `cel.bind(${name}, ${index === 0 ? start : step(`v${index - 1}`)}, `);
  return `${bindings.join('')}v${times - 1}${')'.repeat(times)}`;
};

/** What must not be let through when a workflow is saved. */
export const REFUSED_AT_SAVE: Readonly<Record<string, string>> = {
  'five hundred parentheses': nest('(', '1', ')', 500),
  'two thousand parentheses': nest('(', '1', ')', 2_000),
  'deep lists': nest('[', '1', ']', 1_000),
  'deep maps': nest('{"a":', '1', '}', 1_000),
  'eight thousand negations': `${'!'.repeat(8_000)}true`,
  'eight thousand minus signs': `${'-'.repeat(8_000)}1`,
  'a chain of four thousand sums': '1+'.repeat(4_000) + '1',
  'a chain of a thousand sums': `${'1+'.repeat(1_000)}1`,
  'a chain of two thousand fields': `input${'.a'.repeat(2_000)}`,
  'a chain of ternaries': `${'true?1:'.repeat(1_000)}1`,
  'a chain of calls': `input${'.keys()'.repeat(900)}`,
  'nested has': nest('has(input[', 'has(input.a)', '].k)', 200),
  'an expression of nine kilobytes': `"${'x'.repeat(9_000)}"`,
  'an expression of nine kilobytes in emoji': `"${'😀'.repeat(2_100)}"`,
  'four loops in each other': 'input.big.map(a, input.big.map(b, input.big.map(c, input.big.map(d, 1))))',
  'four loops of different kinds':
    'input.big.all(a, input.big.exists(b, input.big.filter(c, input.big.sortBy(d, 1) == []) == []))',
  'two thousand list elements': `[${'1,'.repeat(2_000)}1]`,
  'forty arguments': `math.least(${'1,'.repeat(40)}1)`,
  'a number beyond doubles': '1e999',
  'an integer of a thousand digits': '9'.repeat(1_000),
  'a long pattern': `input.text.matches("${'a'.repeat(600)}")`,
  'a broken pattern': 'input.text.matches("(a")',
  'the prototype': 'input.__proto__',
  '__proto__ by index': 'input["__proto__"].polluted',
  'the constructor': 'input.constructor.constructor("return process")()',
  'constructor of a string': '"".constructor',
  prototype: 'input.prototype',
  'an optional __proto__': 'input.?__proto__',
  'has(__proto__)': 'has(input.__proto__)',
  'a map literal with __proto__': '{"__proto__": {"a": 1}}',
  'a map literal with constructor': '{"constructor": 1}',
  'the environment': 'process.env',
  globalThis: 'globalThis',
  require: 'require("fs")',
  eval: 'eval("1")',
  'an unclosed string of quotes': `"${"'".repeat(4_000)}`,
};

/** What depends on data, and must be stopped while it runs. */
export const STOPPED_AT_RUN: Readonly<Record<string, string>> = {
  'a loop in a loop': 'input.big.map(a, input.big.map(b, a * b))',
  'three loops': 'input.big.map(a, input.big.map(b, input.big.map(c, a + b + c)))',
  'three loops that find nothing': 'input.big.exists(a, input.big.exists(b, input.big.exists(c, a + b + c < 0)))',
  'errors that are absorbed': 'input.big.exists(a, a.x == 1)',
  'errors that are absorbed in a loop in a loop': 'input.big.all(a, input.big.exists(b, b.x || a.x))',
  'errors that coalesce absorbs': 'input.big.map(a, coalesce(input.emptyKeys[0].x, input.emptyKeys[1].x, input.y))',
  'membership in a loop': 'input.big.filter(a, a in input.zeros)',
  'a string doubled': doubled(25, '"aaaaaaaaaa"', (name) => `${name} + ${name}`),
  'a list doubled': doubled(25, '[1, 2, 3, 4]', (name) => `${name} + ${name}`),
  'a list that holds itself twice': doubled(30, '[input.wide]', (name) => `[${name}, ${name}]`),
  'a map that holds itself twice': doubled(30, '{"a": 1}', (name) => `{"l": ${name}, "r": ${name}}`),
  'equality of what holds itself twice': `${doubled(30, '[1]', (name) => `[${name}, ${name}]`)} == ${doubled(30, '[1]', (name) => `[${name}, ${name}]`)}`,
  'distinct of what holds itself twice': `[${doubled(30, '[1]', (name) => `[${name}, ${name}]`)}].distinct()`,
  'json of what holds itself twice': `json.encode(${doubled(30, '[1]', (name) => `[${name}, ${name}]`)})`,
  'flatten of what holds itself twice': `${doubled(30, '[1]', (name) => `[${name}, ${name}]`)}.flatten(40)`,
  'a replace that explodes': 'input.text.replace("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
  'a replace that explodes by data': 'input.text.replace("a", input.text)',
  'a replace in a loop': 'input.big.map(x, input.text.replace("a", "b"))',
  'a join that explodes': 'input.big.map(x, "0123456789").join("0123456789012345678901234567890123456789")',
  'a join by data': 'input.text.split("").slice(0, 10).join(input.text)',
  'a split into characters': 'input.text.split("")',
  'a split into words, again and again': 'input.big.map(x, input.words.split(" "))',
  'a format that explodes':
    '"%s%s%s%s%s%s%s%s".format([input.text, input.text, input.text, input.text, input.text, input.text, input.text, input.text])',
  'a format with long numbers':
    'input.big.map(x, "%.100f%.100f%.100f%.100f%.100f%.100f%.100f%.100f%.100f%.100f".format([1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300]))',
  'a search that is quadratic': 'input.text.lastIndexOf("b" + input.text.substring(0, 100000))',
  'a search that is quadratic, forward':
    'input.text.indexOf(input.text.substring(0, 50000) + "b" + input.text.substring(0, 50000))',
  'contains, quadratic': 'input.text.contains(input.text.substring(0, 50000) + "b" + input.text.substring(0, 50000))',
  'split, quadratic': 'input.text.split(input.text.substring(0, 50000) + "b" + input.text.substring(0, 50000))',
  'a range of a billion': 'lists.range(1000000000)',
  'ranges of ranges': 'lists.range(100000).map(x, lists.range(100000))',
  'flatten of shared lists': 'input.lists.flatten()',
  'flatten of flattened': 'input.lists.map(l, input.lists.flatten())',
  'a sort in a loop': 'input.big.map(x, input.objects.sortBy(o, o.name))',
  'distinct in a loop': 'input.big.map(x, input.objects.distinct())',
  'sorts of objects by long keys': 'input.objects.sortBy(o, input.text)',
  'json.encode in a loop': 'input.big.map(x, json.encode(input.objects))',
  'json.encode of the whole input': 'json.encode(input)',
  'json.encode of escapes': 'json.encode(input.escapes)',
  'json.decode in a loop': 'input.big.map(x, json.decode(input.numbers))',
  'json.decode of many maps, twice': '[json.decode(input.json), json.decode(input.json)]',
  'json.decode of depth': 'json.decode(input.deepJson)',
  'json.decode of __proto__': 'json.decode("{\\"__proto__\\": {\\"polluted\\": 1}}")',
  'json.decode of infinity': 'json.decode("[1e999]")',
  'equality of huge lists in a loop': 'input.big.all(x, input.objects == input.same)',
  'equality of wide maps in a loop': 'input.big.all(x, input.wide == merge(input.wide))',
  'equality of wide maps, bound once': 'cel.bind(w, merge(input.wide), input.big.all(x, input.wide == w))',
  'equality of huge texts in a loop': 'input.big.all(x, input.text == input.text + "")',
  'keys of a wide map in a loop': 'input.big.map(x, input.wide.keys())',
  'merges of a wide map': 'input.big.map(x, merge(input.wide, input.wide))',
  'size of a wide map in a loop': 'input.big.map(x, size(input.wide))',
  'size of emoji in a loop': 'input.big.map(x, size(input.emoji))',
  'substring of emoji in a loop': 'input.big.map(x, input.emoji.substring(200000, 200001))',
  'case changes in a loop': 'input.big.map(x, input.mixed.lowerAscii())',
  'case changes in a loop, not ASCII': 'input.big.map(x, input.accents.upperAscii())',
  'hashes in a loop': 'input.big.map(x, sha256(input.text))',
  'base64 in a loop': 'input.big.map(x, base64.encode(input.text))',
  'url.encode of a megabyte': 'url.encode(input.emoji)',
  'a pattern in a loop': 'input.big.map(x, input.nearMiss.matches("(a+)+$"))',
  'a pattern with a large program': 'input.text.matches("(.{0,400}a){2}$")',
  'many patterns': 'input.big.map(x, "a".matches("(a?){" + string(x % 900 + 1) + "}"))',
  'a pattern from data, too long': '"a".matches(input.text)',
  'many zones': 'input.zones.map(z, now.getHours(z))',
  'a zone in a loop': 'input.big.map(x, now.format("yyyy-MM-dd HH:mm:ss", "Europe/Berlin"))',
  'a constructor by data': 'input["const" + "ructor"]',
  '__proto__ by data': '["__proto__"].map(k, input.emptyKeys[0][k])',
  '__proto__ as a computed key': '{"__pro" + "to__": 1}',
  Infinity: '1e308 * 10',
  NaN: '0 / 0',
  'the remainder by zero': '5 % 0',
  'the largest sum': '[1e308, 1e308].sum()',
  'a timestamp beyond the calendar': 'timestamp("9999-12-31T23:59:59Z") + duration("1000000d")',
  'the input, a hundred times': '[input, input, input, input, input, input, input, input, input, input]',
  'a text of everything': '"" + string(input)',
};

/** Large, but within bounds: hostile only to those who depend on it. */
export const ALLOWED: Readonly<Record<string, string>> = {
  'a map over a hundred thousand': 'input.big.map(x, x * 2).sum()',
  'a filter and a map over objects': 'size(input.objects.filter(o, o.id % 2 == 0).map(o, o.name))',
  'a sort of a hundred thousand': 'input.zeros.sort().slice(0, 3)',
  'distinct names': 'size(input.objects.map(o, o.name).distinct())',
  'equality of a hundred thousand objects': 'input.objects == input.same',
  'the evil pattern of RegExp': 'input.nearMiss.matches("(a+)+$")',
  'the size of a million emoji units': 'size(input.emoji) + size(input.emoji.substring(1))',
  'a hash of a megabyte': 'sha256(input.text)',
};
