import { gzipSync } from 'node:zlib';

export interface HostileText {
  readonly label: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Refused by API Gateway or Lambda before the handler sees it: the answer is theirs. */
  readonly byGateway?: true;
}

const MB = 1_024 * 1_024;
const deep = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);

/** Bodies that no route takes, whatever its schema says. `valid` is JSON that the route would take. */
export function hostileTexts(valid: string, bytesMax: number): HostileText[] {
  const inside = (member: string) => `{${member},${valid.slice(1)}`;
  const utf16 = Buffer.from(valid, 'utf16le');
  const malformed: [string, string | Uint8Array][] = [
    ['a space', ' '],
    ['line ends', '\r\n\n'],
    ['a byte order mark alone', '\uFEFF'],
    ['two documents', `${valid}${valid}`],
    ['trailing text', `${valid} x`],
    ['a trailing comma', `${valid.slice(0, -1)},}`],
    ['a comment', `${valid} // no`],
    ['single quotes', "{'name':'a'}"],
    ['a bare word', 'hello'],
    ['NaN', '{"input":NaN}'],
    ['undefined', 'undefined'],
    ['a number beyond doubles', inside('"input":1e999')],
    ['a number with 100,000 digits', inside(`"input":${'9'.repeat(100_000)}`)],
    ['a leading zero', inside('"input":01')],
    ['a raw control character', inside('"input":"\u0001"')],
    ['a raw NUL', inside('"input":"\u0000"')],
    ['a NUL between tokens', `\u0000${valid}`],
    ['half a surrogate pair', inside('"input":"\\ud800"')],
    ['the other half', inside('"input":"\\udc00\\ud800"')],
    ['half a surrogate pair in a key', inside('"\\udfff":1')],
    ['a bad escape', inside('"input":"\\x41"')],
    ['a key twice', '{"name":"a","name":"b"}'],
    ['a key twice, once escaped', '{"name":"a","n\\u0061me":"b"}'],
    ['__proto__', inside('"__proto__":{"polluted":true}')],
    ['__proto__ escaped', inside('"\\u005f_proto__":{"polluted":true}')],
    ['__proto__ deep inside', inside('"input":{"a":[{"__proto__":{"polluted":true}}]}')],
    ['constructor', inside('"constructor":{"prototype":{"polluted":true}}')],
    ['constructor deep inside', inside('"input":{"constructor":{"prototype":{"polluted":true}}}')],
    ['prototype', inside('"prototype":{"polluted":true}')],
    ['33 arrays', inside(`"input":${deep(32, '[', ']')}`)],
    ['33 objects', inside(`"input":${deep(32, '{"a":', '}').replace(':}', ':1}')}`)],
    ['10,000 arrays', deep(10_000, '[', ']')],
    ['10,000 open arrays', '['.repeat(10_000)],
    ['10,000 open objects', '{"a":'.repeat(10_000)],
    ['UTF-16', utf16],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['UTF-32', Buffer.from(Array.from(utf16, (byte, at) => (at % 2 === 0 ? [byte, 0, 0, 0] : [])).flat())],
    ['gzip bytes', gzipSync(valid)],
    ['base64 text', Buffer.from(valid).toString('base64')],
    ['a form', 'name=a&input=b'],
    ['XML', '<?xml version="1.0"?><name>a</name>'],
    ['random bytes', Uint8Array.from({ length: 1_000 }, (_, at) => (at * 167 + 13) % 256)],
    ['50,000 unknown keys', `{${Array.from({ length: 50_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
    ['an unknown key of 900 kB', inside(`"${'k'.repeat(900_000)}":1`)],
    ['an unknown key of slashes', inside(`"${'~/'.repeat(5_000)}":1`)],
    ...truncations(valid),
  ];
  return [
    ...malformed.map(([label, body]) => ({ label, body, status: 400 })),
    { label: 'no body but a type', body: '', status: 400 },
    { label: 'one byte too many', body: padded(valid, bytesMax + 1), status: 413 },
    { label: 'a string too long', body: inside(`"input":"${'x'.repeat(bytesMax)}"`), status: 413 },
    { label: 'a number of 30 MB', body: '9'.repeat(30 * MB), status: 413, byGateway: true },
    { label: 'a string of 30 MB', body: `"${'x'.repeat(30 * MB)}"`, status: 413, byGateway: true },
    ...[
      '',
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      'application/json, text/plain',
      'json',
      '*/*',
      '\u00e4',
      'x'.repeat(4_000),
    ].map((type) => ({
      label: `content type '${type.slice(0, 40)}'`,
      body: valid,
      headers: { 'content-type': type },
      status: 415,
    })),
  ];
}

function truncations(valid: string): [string, string][] {
  return Array.from({ length: valid.length - 1 }, (_, at) => [
    `cut after ${at + 1} characters`,
    valid.slice(0, at + 1),
  ]);
}

/** Whitespace counts, too. */
export function padded(valid: string, bytes: number): string {
  return valid + ' '.repeat(bytes - Buffer.byteLength(valid));
}
