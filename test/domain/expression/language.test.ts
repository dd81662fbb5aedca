import { describe, expect, test } from 'vitest';
import type { Json } from '../../../shared/domain/json.ts';
import { failureOf, problemsOf, valueOf } from './evaluating.ts';

const input: Json = {
  qty: 3, price: 1.5, name: 'Ada', yes: true, nothing: null, list: [1, 2, 3], user: { 'first name': 'Ada', address: { city: 'Bern' } },
  items: [{ id: 'b', n: 2 }, { id: 'a', n: 1 }], key: 'name', empty: [], zero: 0,
};

describe('values', () => {
  test.each<[string, Json]>([
    // Numbers are JSON numbers.
    ['5 / 2', 2.5], ['5 / 2 == 2.5', true], ['1 == 1.0', true], ['2 * 1.5', 3], ['5 % 2', 1], ['-5 % 3', -2], ['5.5 % 2', 1.5],
    ['1u + 2', 3], ['0x10', 16], ['1e3', 1000], ['9223372036854775807 + 1', 9223372036854775807], ['input.qty + 1', 4],
    ['input.qty * input.price', 4.5], ['-input.qty', -3], ['-0', 0], ['-input.zero', 0], ['7 - 2 - 1', 4], ['2 + 3 * 4', 14], ['(2 + 3) * 4', 20],
    // Texts, bools, null
    ['"a" + \'b\'', 'ab'], ['"""a"b"""', 'a"b'], ['r"\\d"', '\\d'], ['"\\u00e9"', 'é'], ['!true', false], ['!input.yes', false], ['null', null],
    ['true && !false || false', true],
    // Comparison
    ['1 < 2', true], ['2 <= 1.5', false], ['"a" < "b"', true], ['"b" > "a"', true], ['"a" >= "a"', true], ['false < true', true],
    ['input.qty >= 3', true], ['"é" < "z"', false],
    // Across kinds == is false
    ['1 == "1"', false], ['1 != "1"', true], ['null == 0', false], ['null == null', true], ['"" == false', false], ['[] == {}', false],
    ['input.nothing == null', true], ['[1, 2] == [1.0, 2]', true], ['[1, 2] == [2, 1]', false], ['[1] == [1, 2]', false],
    ['{"a": 1, "b": [2]} == {"b": [2], "a": 1}', true], ['{"a": 1} == {"a": 2}', false], ['{"a": 1} == {"b": 1}', false], ['{"a": 1} == {"a": 1, "b": 2}', false],
    ['{"a": 1} == 1', false], ['"a" == "b"', false], ['"a" == "ab"', false], ['"ab" == "a" + "b"', true], ['now == now', true], ['now == 1', false],
    ['duration("1h") == duration("60m")', true], ['duration("1h") == 1', false], ['type(1) == type(2.5)', true], ['type(1) == 1', false],
    ['optional.of(1) == optional.of(1)', true], ['optional.none() == optional.of(1)', false], ['optional.of(1) == 1', false],
    // in
    ['2 in input.list', true], ['"2" in input.list', false], ['"name" in input', true], ['"toString" in input', false], ['"b" in ["a", "b"]', true],
    // Literals mix
    ['[1, "a", null, true, [2], {"k": 1}]', [1, 'a', null, true, [2], { k: 1 }]], ['{"a": 1, "b": "x", "c": null}', { a: 1, b: 'x', c: null }],
    ['{input.key: 1}', { name: 1 }], ['[1, 2,]', [1, 2]], ['[]', []], ['{}', {}], ['[1] + ["a"]', [1, 'a']],
    ['input.yes ? "a" : null', 'a'], ['input.qty > 5 ? "a" : 1', 1], ['true ? [1] : [2]', [1]], ['false ? 1 : true ? 2 : 3', 2],
    // Access
    ['input.user["first name"]', 'Ada'], ['input.list[0]', 1], ['input.list[input.qty - 1]', 3], ['input.items[0].id', 'b'], ['input[input.key]', 'Ada'],
    ['{"a": {"b": 1}}.a.b', 1], ['[[1, 2]][0][1]', 2],
    // Errors that do not matter
    ['true || input.missing', true], ['input.missing || true', true], ['false && input.missing', false], ['input.missing && false', false],
    ['false || true', true], ['true && true', true], ['false || false', false], ['input.yes || input.missing.x', true],
    ['input.list.exists(x, x.y == 1 || x == 2)', true], ['[1, 0].exists(x, 1 / x == 1)', true], ['[0, 2].all(x, 1 / x > 5)', false],
  ])('%s', (source, expected) => {
    expect(valueOf(source, input)).toEqual(expected);
  });
});

describe('absence is not null', () => {
  test.each<[string, Json]>([
    ['input.?missing.orValue(1)', 1], ['input.?nothing.orValue(1)', null], ['input.?name.orValue("x")', 'Ada'],
    ['input.?user.?address.?city.orValue("?")', 'Bern'], ['input.?user.address.city.orValue("?")', 'Bern'], ['input.?user.address.zip.orValue("?")', '?'],
    ['input.?missing.address.city.orValue("?")', '?'], ['input.?nothing.?x.orValue("?")', '?'], ['input[?"missing"].orValue(0)', 0], ['input.list[?7].orValue(0)', 0],
    ['input.list[?1].orValue(0)', 2], ['input.list[?-1].orValue(0)', 0], ['input.?list[0].orValue(9)', 1],
    ['input.?a.or(input.?b).or(optional.of(3)).orValue(4)', 3], ['input.?name.or(optional.none()).orValue(4)', 'Ada'],
    ['input.?name.hasValue()', true], ['input.?nope.hasValue()', false], ['input.?name.value()', 'Ada'],
    ['optional.none().orValue(2)', 2], ['optional.of(null).orValue(2)', null],
    ['has(input.name)', true], ['has(input.missing)', false], ['has(input.nothing)', true], ['has(input.user.address.city)', true], ['has(input.user.zip)', false],
    ['has(input.?user.zip)', false], ['has(input.?user.address)', true], ['has(input.?nope.zip)', false],
    ['coalesce(input.missing, input.nothing, 7)', 7], ['coalesce(input.name, 1)', 'Ada'], ['coalesce(input.a.b.c, "d")', 'd'], ['coalesce(input.nothing.x, "d")', 'd'],
    ['coalesce(input.missing)', null], ['coalesce(input.?missing, input.?name)', 'Ada'], ['coalesce(input.list[9], 0)', 0], ['input.nothing.coalesce(5)', 5],
    ['coalesce(false, true)', false], ['coalesce(0, 1)', 0], ['coalesce("", "x")', ''],
  ])('%s', (source, expected) => {
    expect(valueOf(source, input)).toEqual(expected);
  });
});

describe('loops', () => {
  test.each<[string, Json]>([
    ['input.list.map(x, x * 2)', [2, 4, 6]], ['input.list.map(x, x > 1, x * 2)', [4, 6]], ['input.list.filter(x, x > 1)', [2, 3]],
    ['input.list.all(x, x > 0)', true], ['input.list.all(x, x > 1)', false], ['input.list.exists(x, x == 2)', true], ['input.list.exists(x, x == 9)', false],
    ['input.list.exists_one(x, x == 2)', true], ['input.list.existsOne(x, x > 1)', false], ['input.empty.all(x, false)', true], ['input.empty.exists(x, true)', false],
    ['input.items.map(i, i.id + string(i.n))', ['b2', 'a1']], ['input.items.sortBy(i, i.n).map(i, i.id)', ['a', 'b']], ['[3, 1, 2].sortBy(x, -x)', [3, 2, 1]],
    ['[].sortBy(x, x)', []],
    ['input.user.map(k, k)', ['first name', 'address']], ['input.user.exists(k, k == "address")', true],
    ['input.list.map(x, input.list.map(y, x * y))', [[1, 2, 3], [2, 4, 6], [3, 6, 9]]], ['[[1], [2, 3]].map(l, l.map(x, x + 1))', [[2], [3, 4]]],
    ['input.list.map(x, [10].map(x, x + 1)[0] + x)', [12, 13, 14]], ['[1].map(input, input + 1)', [2]],
    ['cel.bind(t, input.qty * 2, t + t)', 12], ['cel.bind(a, 1, cel.bind(b, a + 1, a + b))', 3], ['[1, 2].map(x, cel.bind(y, x * x, y + 1))', [2, 5]],
    ['[1, 2].map(string, string + 1)', [2, 3]], ['[{"least": 4}].map(math, math.least)', [4]], ['["a-b"].map(math, math.replace("-", "+"))', ['a+b']],
  ])('%s', (source, expected) => {
    expect(valueOf(source, input)).toEqual(expected);
  });
});

describe('what fails when it runs names the place and the reason, never the data', () => {
  test.each<[string, string]>([
    ['input.missing', "input.missing: no such key 'missing'"], ['input.user.address.zip + "x"', "input.user.address.zip: no such key 'zip'"],
    ['input.user["zip code"]', 'input.user["zip code"]: no such key \'zip code\''], ['input.list[3]', 'input.list[3]: index 3 is out of bounds'],
    ['input.list[-1]', 'index -1 is out of bounds'], ['input.list[0.5]', 'a list is read by a whole number, not by 0.5'], ['input.list[input.name]', "not by 'Ada'"],
    ['input.list[input.yes]', 'not by a bool'], ['input.user[input.qty]', 'a map is read by a string, not by a number'], ['input.nothing.x', "'x' cannot be read from null"],
    ['input.name.x', "'x' cannot be read from a string"], ['input.?name.x', "'x' cannot be read from a string"], ['has(input.missing.x)', "no such key 'missing'"],
    ['has(input.name.x)', "'x' cannot be read from a string"], ['input.toString', "no such key 'toString'"], ['input.list.length', "a list is read by a whole number, not by 'length'"],
    [`input["${'k'.repeat(200)}"]`, `no such key '${'k'.repeat(100)}…'`],
    ['input.name + 1', "'+' cannot combine a string and a number"], ['input.name < 1', "'<' cannot combine a string and a number"], ['input.nothing < 1', "cannot combine null and a number"],
    ['input.name * 2', "'*' cannot combine"], ['input.name - 2', "'-' cannot combine"], ['1 in input.name', "'in' cannot combine a number and a string"], ['1 in input', "'in' cannot combine a number and a map"],
    ['-input.name', "'-' takes a number, not a string"], ['!input.name', "'!' takes true or false, not a string"], ['input.name ? 1 : 2', "'?:' takes true or false, not a string"],
    ['input.name && true', "'&&' takes true or false, not a string"], ['input.missing && true', "no such key 'missing'"], ['input.missing || false', "no such key 'missing'"],
    ['1 / input.zero', "'/' has no finite result"], ['5 % input.zero', "'%' has no finite result"],
    ['{input.qty: 1}', "a map's keys are strings, not a number"], ['{input.key: 1, "name": 2}', "a map has the key 'name' twice"], ['{input.key + "": 1, "constr" + "uctor": 2}', "the key 'constructor' is not allowed"],
    ['input.qty.map(x, x)', 'map() goes over a list or a map, not a number'], ['input.list.filter(x, x)', "'filter' takes true or false, not a number"], ['input.list.all(x, x)', "'all' takes true or false"],
    ['input.list.exists(x, x.y)', "'y' cannot be read from a number"], ['input.list.map(x, 1, x)', "'map' takes true or false"], ['input.items.sortBy(i, i)', "'sortBy' cannot combine a map and a map"],
    ['[{}].sortBy(i, i)', "'sortBy' cannot combine a map and a map"], ['coalesce(input.name.x, 1)', "'x' cannot be read from a string"],
    ['input.name.orValue(1)', 'orValue() follows an optional such as a.?b, not a string'], ['input.?missing.or(input.name)', 'or() takes an optional'],
    ['input.?missing', 'the result is an optional: say what its absence means'], ['input.?missing.value()', 'the optional is empty'], ['[input.?name]', 'the result is an optional'],
    ['input.name.round()', 'round() cannot be called with a string'], ['size(input.qty)', 'size() cannot be called with a number'],
    ['node.id', 'node: there is none here'], ['output.x', 'output: there is none here'],
  ])('%s', (source, reason) => {
    const message = failureOf(source, input);
    expect(message).toMatch(/^\/x: /);
    expect(message).toContain(reason);
  });
});

describe('what is certain to fail is refused at save', () => {
  test.each<[string, string]>([
    ['1 + "a"', "bad_template: '+' cannot combine a number and a string"], ['"a" < 1', "'<' cannot combine"], ['now + 1', "'+' cannot combine a timestamp and a number"], ['1 in 2', "'in' cannot combine"],
    ['!1', "'!' takes a bool, not a number"], ['-"a"', "'-' takes a number, not a string"], ['1 ? 2 : 3', "'?:' decides by a bool, not by a number"], ['1 && true', "'&&' takes true or false, not a number"],
    ['true || "a"', "'||' takes true or false, not a string"], ['"a".b', '"a".b: a string has no keys'], ['[1].b', 'a list has no keys'], ['has([1].b)', 'a list has no keys'], ['1[0]', '1[0]: a number has no elements'],
    ['input[true]', 'a bool is not an index'], ['{1: 2}', "a map's keys are strings, not a number"], ['nope(1)', 'there is no function nope()'], ['math.nope(1)', 'there is no function math.nope()'],
    ['size(1)', 'size() cannot be called with a number'], ['"a".substring()', 'substring() cannot be called with a string'], ['optional.none(1)', 'cannot be called with a number'], ['merge()', 'merge() cannot be called with nothing'],
    ['has(input)', 'has() takes one path'], ['has(input["a"])', 'has() takes one path'], ['coalesce()', 'coalesce() takes at least one value'], ['sortBy(input.a)', 'sortBy() takes a variable'],
    ['input.a.sortBy(1, 2)', 'sortBy() takes a variable'], ['input.a.map(1, 2)', 'map(var, transform) invalid'], ['input.a.map(x)', 'map() takes a variable and 1 or 2 expression(s)'], ['1.map(x, x)', 'map() goes over a list or a map, not a number'],
    ['input.a.orValue()', 'orValue() takes one argument'], ['"a".orValue(1)', 'orValue() follows an optional such as a.?b, not a string'], ['orValue(1)', 'orValue() takes one argument'],
    ['cel.bind(x, 1)', 'cel.bind() takes a variable'], ['cel.bind(1, 2, 3)', 'invalid variable argument'],
    ['b"abc"', 'bytes literals are not supported'], ['1 +', 'Unexpected token'], ['a b', 'Unexpected character'], ['"abc', 'is not closed by }}'], ['for', 'Reserved identifier: for'], ['"\\q"', 'Invalid escape sequence'],
    ['input.list.map(a, a.map(b, b.map(c, c.map(d, d))))', 'limit_exceeded: map(): loops in loops go 3 deep'],
    ['"abc".matches("(")', 'matches(): the pattern is not valid RE2'],
  ])('%s', (source, reason) => {
    expect(problemsOf(source).join('\n')).toContain(reason);
  });

  test('all problems of a template are told at once', () => {
    expect(problemsOf('foo + bar + (1 + "a") + nope()')).toHaveLength(4);
  });
});
