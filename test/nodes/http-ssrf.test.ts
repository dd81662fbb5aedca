import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpNode } from '../../shared/nodes/http.ts';
import { whyNotPublic } from '../../shared/nodes/http/address.ts';
import { connectionAgents, type ConnectOptions } from '../../shared/nodes/http/connect.ts';
import { addressGuard, type Resolve } from '../../shared/nodes/http/guard.ts';
import { call, failureOf, json, serve, type TestServer } from './http-harness.ts';

/** Listens where most of these URLs lead if a check is missed. It must never hear of any of them. */
let canary: TestServer;
beforeAll(async () => {
  canary = await serve(json('secret'));
});
afterAll(async () => {
  await canary[Symbol.asyncDispose]();
});

const refused = { code: 'address_refused', category: 'policy', retryable: false };

const answering =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const words = (text: string): string[] => text.trim().split(/\s+/);

const NOT_PUBLIC_V4 = words(`
  0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.1.2.3 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
  127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.254 168.63.129.16 169.254.0.1 169.254.100.1 169.254.169.123
  169.254.169.253 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.1 172.17.0.1 172.31.255.255 192.0.0.1
  192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1
  203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.254 255.255.255.255
`);

const NOT_PUBLIC_V6 = words(`
  :: ::1 ::2 ::127.0.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8
  ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::7f00:1 64:ff9b:1:ffff::1
  100::1 100:0:0:1::1 1000::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
  2002:7f00:1:: 2002:a9fe:a9fe::1 2002:808:808:: 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd00:ec2::253
  fdff::1 fe80::1 fe80::a9fe:a9fe fec0::1 ff02::1 ff05::2 ffff::1
`);

/** What browsers and curl read as 127.0.0.1, 0.0.0.0 or the metadata address. */
const ODD_HOSTS = words(`
  127.1 127.0.1 0x7f.1 0x7f000001 0x7F.0x0.0x0.0x1 2130706433 017700000001 0177.0.0.1 0177.0.0.0x1 127.0.0.1.
  0 0x0 00000 %31%32%37.0.0.1 １２７.0.0.1 ①②⑦.0.0.1 127。0。0。1 0xa9fea9fe 2852039166 0251.0376.0251.0376
  169.254.43518 [::ffff:7f00:1] [0:0:0:0:0:0:0:1] [::ffff:0x7f.1] 0xffffffff 3232235777
`);

describe('H2: IP literals', () => {
  const literals = [...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6.map((address) => `[${address}]`), ...ODD_HOSTS];
  test(`there are ${literals.length} of them`, () => {
    expect(new Set(literals).size).toBe(literals.length);
    expect(literals.length).toBeGreaterThanOrEqual(95);
  });

  test.each(literals.filter((host) => URL.canParse(`http://${host}/`)))('http://%s is refused', async (host) => {
    const node = httpNode({ allow: [], lookup: async () => Promise.reject(new Error('literals are not looked up')) });
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${canary.port}/`;
      expect(await failureOf(node, { url })).toMatchObject(refused);
    }
  });

  test.each(literals.filter((host) => !URL.canParse(`http://${host}/`)))('http://%s is no URL', (host) => {
    expect(httpNode({ allow: [] }).config.safeParse({ url: `http://${host}/` }).success).toBe(false);
  });

  test('each is named in words', async () => {
    const { message } = await failureOf(httpNode({ allow: [] }), { url: 'http://[fd00:ec2::254]/latest' });
    expect(message).toBe(
      'fd00:ec2::254 is not a public address (unique local); http nodes reach public addresses only. ' +
        'On a local stack STEPWELL_HTTP_ALLOW=[fd00:ec2::254]:80 lets this target through',
    );
  });
});

describe('what is public', () => {
  test.each(
    words(`
  1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255
  172.15.255.255 172.32.0.1 192.0.1.1 192.167.1.1 198.17.0.1 198.20.0.1 223.255.255.255 2606:4700:4700::1111
  2a00:1450:4001::1 2001:4860:4860::8888
`),
  )('%s', (address) => {
    expect(whyNotPublic(address)).toBeUndefined();
  });

  test.each(['', 'localhost', '127.1', '0177.0.0.1', '2606:4700::1%eth0', '1.1.1.1 '])(
    '%j is no address',
    (address) => {
      expect(whyNotPublic(address)).toBe('not a plain IP address');
    },
  );
});

describe('URLs', () => {
  test.each(
    words(`
  ftp://example.com/ file:///etc/passwd gopher://example.com/ data:,x javascript:1 ws://h/
  unix:/var/run/docker.sock blob:http://example.com/1 about:blank mailto:a@b.example http://user@example.com/
  http://user:pw@example.com/ http://:pw@example.com/ http://example.com@127.0.0.1/
  https://example.com%00@example.org/
`),
  )('%s is refused', async (url) => {
    const lookup: Resolve = async () => Promise.reject(new Error('never asked'));
    expect(await failureOf(httpNode({ allow: [], lookup }), { url })).toMatchObject(refused);
  });
});

describe('H3: what DNS answers', () => {
  test.each([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6])('a name that leads to %s is refused', async (address) => {
    const node = httpNode({ allow: [], lookup: answering(address) });
    const failed = await failureOf(node, { url: `http://internal.example:${canary.port}/` });
    expect(failed).toMatchObject(refused);
    expect(failed.message).toContain(`internal.example leads to ${address}, which is not a public address`);
  });

  test.each([
    [['1.1.1.1', '127.0.0.1']],
    [['127.0.0.1', '1.1.1.1']],
    [['2606:4700:4700::1111', '1.1.1.1', '::1']],
    [['1.1.1.1', '::ffff:127.0.0.1']],
    [['1.1.1.1', 'garbage']],
    [['fe80::1%eth0']],
  ])('one bad answer among %j refuses all', async (addresses) => {
    const node = httpNode({ allow: [], lookup: answering(...addresses) });
    expect(await failureOf(node, { url: `http://mixed.example:${canary.port}/` })).toMatchObject(refused);
  });

  test.each(['localhost', 'LOCALHOST', 'localhost.', 'ｌocalhost'])('the real resolver on %s', async (host) => {
    expect(await failureOf(httpNode({ allow: [] }), { url: `http://${host}:${canary.port}/` })).toMatchObject({
      category: expect.stringMatching(/^(policy|transient)$/),
      code: expect.stringMatching(/^(address_refused|dns_failed)$/),
    });
  });

  test('a name that changes its mind is asked once per connection, and the answer that was checked is used', async () => {
    const answers = ['1.1.1.1', '127.0.0.1', '1.0.0.1', '10.0.0.1'];
    let asked = 0;
    const lookup: Resolve = async () => [{ address: answers[asked++ % answers.length] ?? '', family: 4 }];
    const target = addressGuard({ allow: [], lookup }).target(new URL('http://rebind.example/'));
    const outcome = async (): Promise<unknown> =>
      new Promise((resolve) => {
        target.lookup('rebind.example', { all: true }, (error, addresses) => resolve(error?.message ?? addresses));
      });
    expect(await outcome()).toEqual([{ address: '1.1.1.1', family: 4 }]);
    expect(await outcome()).toContain('leads to 127.0.0.1');
    expect(await outcome()).toEqual([{ address: '1.0.0.1', family: 4 }]);
    expect(await outcome()).toContain('leads to 10.0.0.1');
    expect(asked).toBe(4);
  });

  test('a name that rebinds between attempts is refused at each', async () => {
    const answers = ['127.0.0.1', '169.254.169.254', '::1'];
    let asked = 0;
    const lookup: Resolve = async () => answering(answers[asked++ % answers.length] ?? '')('');
    const node = httpNode({ allow: [], lookup });
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      expect(await failureOf(node, { url: `http://rebind.example:${canary.port}/` })).toMatchObject(refused);
      expect(asked).toBe(attempt);
    }
  });

  test('callers that want one address get the first', async () => {
    const { lookup } = addressGuard({ allow: [], lookup: answering('1.1.1.1', '1.0.0.1') }).target(
      new URL('http://a/'),
    );
    const got = await new Promise((resolve) => {
      lookup('a', {}, (...args) => resolve(args));
    });
    expect(got).toEqual([null, '1.1.1.1', 4]);
  });
});

test('H4: a socket that ends at a private address is closed before the request is sent', async () => {
  const target = addressGuard({ allow: [] }).target(new URL('http://public.example/'));
  const options: ConnectOptions = {
    host: '127.0.0.1',
    port: canary.port,
    agent: connectionAgents().for(target),
    target,
    attemptSignal: new AbortController().signal,
    headers: { Authorization: 'secret' },
  };
  const error = await new Promise((resolve) => {
    request(options).once('error', resolve).end();
  });
  expect(error).toMatchObject({ failure: refused });
});

describe('redirects are checked like the first URL', () => {
  const hosts = ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::1]', '[::ffff:7f00:1]', '0.0.0.0', '10.0.0.1'];
  const more = [
    '169.254.169.254',
    '[fd00:ec2::254]',
    '192.168.1.1',
    '100.64.0.1',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
  ];
  const cases = [301, 302, 303, 307, 308].flatMap((status) =>
    [...hosts, ...more].map((host) => [status, host] as const),
  );
  test.each(cases)('%s to %s', async (status, host) => {
    const location = `http://${host}:${canary.port}/`;
    await using server = await serve((response) => response.writeHead(status, { location }).end());
    const node = httpNode({ allow: [server.host], lookup: answering('127.0.0.1') });
    expect(await failureOf(node, { url: server.origin, method: 'POST', body: 'x' })).toMatchObject(refused);
    expect(server.seen).toHaveLength(1);
  });
});

describe('the allow-list', () => {
  test('lets exactly one host and port through, by name', async () => {
    await using server = await serve(json(1));
    const url = server.origin;
    const byName = `http://localhost:${server.port}`;
    const lookup = answering('127.0.0.1');
    expect(await call(httpNode({ allow: [server.host], lookup }), { url })).toMatchObject({ body: 1 });
    expect(await call(httpNode({ allow: [`LOCALHOST:${server.port}`], lookup }), { url: byName })).toMatchObject({
      body: 1,
    });
    expect(await failureOf(httpNode({ allow: [server.host], lookup }), { url: byName })).toMatchObject(refused);
    const otherPort = httpNode({ allow: [`127.0.0.1:${server.port + 1}`], lookup });
    expect(await failureOf(otherPort, { url })).toMatchObject(refused);
    expect(server.seen).toHaveLength(2);
  });

  test('lets a redirect through', async () => {
    await using end = await serve(json('end'));
    await using start = await serve((response) => response.writeHead(302, { location: end.origin }).end());
    const node = httpNode({ allow: [start.host, end.host] });
    expect(await call(node, { url: start.origin })).toMatchObject({ body: 'end' });
  });

  test('has default ports and IPv6 in all spellings', () => {
    const guard = addressGuard({ allow: ['127.0.0.1:80', '127.0.0.1:443', '[0:0::1]:9000'] });
    for (const url of ['http://127.0.0.1/', 'http://127.1:80/', 'https://127.0.0.1/', 'http://[::1]:9000/']) {
      expect(() => guard.target(new URL(url))).not.toThrow();
    }
    expect(() => guard.target(new URL('https://[::1]/'))).toThrow('[::1]:443');
  });
});

describe('H5: the Lambda Runtime API is out of reach, allow-listed or not', () => {
  const api = (runtimeApi: string): Promise<string>[] =>
    ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '127.0.0.2', '[::ffff:127.0.0.1]', 'alias.example'].map(
      async (host) => {
        const target = `${host}:${canary.port}`;
        const node = httpNode({ allow: [target], runtimeApi, lookup: answering('127.0.0.1') });
        const failed = await failureOf(node, { url: `http://${target}/2018-06-01/runtime/invocation/next` });
        expect(failed).toMatchObject(refused);
        return failed.message;
      },
    );

  test.each(['127.0.0.1', 'localhost', '0.0.0.0', '[::1]'])('on %s', async (host) => {
    for (const message of await Promise.all(api(`${host}:${canary.port}`))) {
      expect(message).toContain('is the Lambda Runtime API');
    }
  });

  test('on a link-local address, by any name', async () => {
    const options = { runtimeApi: '169.254.100.1:9001', lookup: answering('169.254.100.1') };
    for (const target of ['169.254.100.1:9001', 'alias.example:9001']) {
      const failed = await failureOf(httpNode({ allow: [target], ...options }), { url: `http://${target}/` });
      expect(failed.message).toContain('is the Lambda Runtime API');
    }
  });

  test('other ports of the same host are as the allow-list says', async () => {
    await using server = await serve(json(1));
    const node = httpNode({ allow: [server.host], runtimeApi: `127.0.0.1:${canary.port}` });
    expect(await call(node, { url: server.origin })).toMatchObject({ body: 1 });
  });
});

// Last in the file on purpose: tests of a file run in order.
test('the canary has not heard of any of it', () => {
  expect(canary.seen).toEqual([]);
  // The one of H4, closed before a byte was sent.
  expect(canary.connections()).toBe(1);
});
