import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { JsonObject } from '../../shared/domain/json.ts';
import { httpNode } from '../../shared/nodes/http.ts';
import { HttpConfig } from '../../shared/nodes/http/config.ts';

const url = 'https://api.example/v1';

/** `path: message` of everything that is wrong. */
function problems(config: JsonObject): string[] {
  const parsed = HttpConfig.safeParse(config);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
}

describe('what an http node accepts in `with`', () => {
  test.each<[string, JsonObject]>([
    ['a URL alone', { url }],
    ['every method', { url, method: 'OPTIONS' }],
    ['typed header values', { url, headers: { 'X-Count': 3, 'X-Dry-Run': true, 'X-Name': 'é\t~' } }],
    ['query scalars and lists', { url, query: { a: 'x', b: 2, c: false, d: ['x', 1, true], e: [] } }],
    ['any JSON body', { url, method: 'POST', body: { a: [1, null, 'x'] } }],
    ['a null body', { url, method: 'PUT', body: null }],
    ['a form', { url, method: 'POST', form: { a: 1, b: ['x', 'y'] } }],
    ['a body with DELETE', { url, method: 'DELETE', body: { why: 'x' } }],
    ['expected classes and statuses', { url, expect: ['2xx', '3xx', '4xx', '5xx', 404] }],
    // Whether an address may be reached is the guard's to say, at run and on redirects alike.
    ['a private address', { url: 'http://127.0.0.1/' }],
  ])('%s', (_, config) => {
    expect(problems(config)).toEqual([]);
  });

  test('defaults: GET, 2xx and 3xx', () => {
    expect(HttpConfig.parse({ url })).toEqual({ url, method: 'GET', headers: {}, query: {}, expect: ['2xx', '3xx'] });
  });

  test('it has a JSON Schema for docs and console', () => {
    expect(z.toJSONSchema(HttpConfig, { io: 'input' })).toMatchObject({
      required: ['url'],
      additionalProperties: false,
    });
  });
});

describe('what is wrong, in words', () => {
  test.each<[JsonObject, string]>([
    [{ url: 'api.example/v1' }, 'url: must be an absolute URL'],
    [{ url: '/v1' }, 'url: must be an absolute URL'],
    [{ url: 'http://1.2.3.4.5.6/' }, 'url: must be an absolute URL'],
    [{ url: '' }, 'url: must be an absolute URL'],
    [{ url, method: 'get' }, 'method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    [{ url, method: 'CONNECT' }, 'method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    [{ url, credential: 'pay' }, ': Unrecognized key: "credential"'],
    [{ url, headers: { a: null } }, 'headers/a: must be a string, number or boolean'],
    [{ url, headers: { 'a b': 'x' } }, 'headers/a b: "a b" is not a header name'],
    [{ url, headers: { '': 'x' } }, 'headers/: "" is not a header name'],
    [{ url, headers: { 'a\r\nb': 'x' } }, 'headers/a\r\nb: "a\\r\\nb" is not a header name'],
    [{ url, headers: { Host: 'x' } }, 'headers/Host: the header Host belongs to the connection and cannot be set'],
    [
      { url, headers: { a: 'x\r\nHost: y' } },
      'headers/a: the value of header a holds characters that a header cannot carry, such as a line break',
    ],
    [
      { url, headers: { a: '→' } },
      'headers/a: the value of header a holds characters that a header cannot carry, such as a line break',
    ],
    [{ url, headers: { 'X-A': '1', 'x-a': '2' } }, 'headers/x-a: the header x-a is given twice'],
    [{ url, query: { a: null } }, 'query/a: must be a string, number or boolean, or a list of them'],
    [{ url, query: { a: [{}] } }, 'query/a: must be a string, number or boolean, or a list of them'],
    [{ url, method: 'POST', form: { a: { b: 1 } } }, 'form/a: must be a string, number or boolean, or a list of them'],
    [{ url, method: 'POST', body: 1, form: {} }, 'form: body and form exclude each other'],
    [{ url, body: 'x' }, 'body: a GET request carries no body'],
    [{ url, body: null }, 'body: a GET request carries no body'],
    [{ url, method: 'HEAD', form: {} }, 'form: a HEAD request carries no form'],
    [{ url, expect: [] }, 'expect: must name at least one status'],
    [{ url, expect: ['1xx'] }, 'expect/0: must be a status from 200 to 599 or one of 2xx, 3xx, 4xx, 5xx'],
    [{ url, expect: [100] }, 'expect/0: must be a status from 200 to 599 or one of 2xx, 3xx, 4xx, 5xx'],
    [{ url, expect: ['200'] }, 'expect/0: must be a status from 200 to 599 or one of 2xx, 3xx, 4xx, 5xx'],
  ])('%j', (config, message) => {
    expect(problems(config)).toEqual([message]);
  });

  const reserved =
    'Connection Content-Length Transfer-Encoding Keep-Alive Proxy-Connection TE Trailer Upgrade Expect HTTP2-Settings hOsT';
  test.each(reserved.split(' '))('the header %s is not the author’s to set', (name) => {
    expect(problems({ url, headers: { [name]: 'x' } })).toHaveLength(1);
  });

  test('all problems at once', () => {
    expect(problems({ url: 'x', method: 'X', expect: [] })).toHaveLength(3);
  });
});

describe('the allow-list', () => {
  test.each([
    'localhost',
    '127.0.0.1',
    ':9000',
    'http://127.0.0.1:9000',
    '127.0.0.1:9000/x',
    'a b:1',
    '::1:x',
    'h:99999',
  ])('%s is not host:port', (entry) => {
    expect(() => httpNode({ allow: [entry] })).toThrow(`"${entry}" is not host:port`);
  });

  test('blanks between commas are no entries', () => {
    expect(() => httpNode({ allow: ['', ' ', ' 127.0.0.1:9000 '] })).not.toThrow();
  });
});
