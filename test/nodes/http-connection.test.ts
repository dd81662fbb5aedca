import { createServer, type AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { httpNode } from '../../shared/nodes/http.ts';
import { selfSigned } from './http-certificate.ts';
import { call, failureOf, json, serve, type TestServer } from './http-harness.ts';

const lost = { code: 'connection_lost', category: 'transient', retryable: true };
const notConnected = { code: 'connect_failed', category: 'transient', retryable: true };

/** A loopback port that nobody listens on. */
async function closedPort(): Promise<number> {
  await using server = await serve(json(1));
  return server.port;
}

describe('connections are kept', () => {
  test('for the next call, whatever became of the first', async () => {
    await using server = await serve((response, { url }) => {
      if (url === '/gzip') response.setHeader('content-encoding', 'gzip').end(gzipSync('x'));
      else if (url === '/moved') response.writeHead(302, { location: '/' }).end('moved');
      else if (url === '/empty') response.writeHead(204).end();
      else response.writeHead(url === '/503' ? 503 : 200, { 'content-length': '4' }).end('body');
    });
    const node = httpNode({ allow: [server.host] });
    for (const path of ['/', '/503', '/gzip', '/moved', '/empty', '/']) {
      await call(node, { url: server.origin + path }).catch(() => {});
    }
    await call(node, { url: server.origin, method: 'HEAD' });
    await call(node, { url: server.origin, method: 'POST', body: 'x' });
    expect(server.seen).toHaveLength(9);
    expect(server.connections()).toBe(1);
  });

  test('but not one that holds the rest of an answer', async () => {
    await using server = await serve((response) => response.writeHead(500).end('x'.repeat(1_000_000)));
    const node = httpNode({ allow: [server.host] });
    await failureOf(node, { url: server.origin });
    await failureOf(node, { url: server.origin });
    expect(server.connections()).toBe(2);
  });

  test('nor one whose answer nobody wanted to read', async () => {
    await using server = await serve((response) => response.writeHead(302, { location: 'ftp://x/' }).write('x'));
    expect(await failureOf(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject({
      category: 'policy',
    });
    await vi.waitUntil(() => [...server.sockets].every((socket) => socket.destroyed));
  });

  /** Closes a connection as soon as a second request comes over it: what a stale connection looks like. */
  async function forgetful(): Promise<TestServer> {
    const ports = new Set<number>();
    return await serve((response, { clientPort }) => {
      if (ports.has(clientPort)) response.socket?.resetAndDestroy();
      else response.end('fresh');
      ports.add(clientPort);
    });
  }

  test.each(['GET', 'HEAD', 'OPTIONS'])('%s over a stale one is sent again over a new one', async (method) => {
    await using server = await forgetful();
    const node = httpNode({ allow: [server.host] });
    await call(node, { url: server.origin });
    expect(await call(node, { url: server.origin, method })).toMatchObject({ status: 200 });
    expect(server.seen).toHaveLength(3);
    expect(server.connections()).toBe(2);
  });

  test('and not over another stale one', async () => {
    await using server = await forgetful();
    const node = httpNode({ allow: [server.host] });
    await Promise.all([1, 2, 3].map(() => call(node, { url: server.origin })));
    expect(server.connections()).toBe(3);
    expect(await call(node, { url: server.origin })).toMatchObject({ body: 'fresh' });
    expect(server.connections()).toBe(4);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is not: that is for `retry` to say', async (method) => {
    await using server = await forgetful();
    const node = httpNode({ allow: [server.host] });
    await call(node, { url: server.origin });
    expect(await failureOf(node, { url: server.origin, method })).toMatchObject(lost);
    expect(server.seen).toHaveLength(2);
  });

  test('one that was idle for longer than servers wait is not used, not even for POST', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    await using server = await serve(json(1));
    const node = httpNode({ allow: [server.host] });
    await call(node, { url: server.origin });
    vi.setSystemTime(Date.now() + 3_900);
    await call(node, { url: server.origin, method: 'POST' });
    expect(server.connections()).toBe(1);
    vi.setSystemTime(Date.now() + 4_100);
    await call(node, { url: server.origin, method: 'POST' });
    expect(server.connections()).toBe(2);
  });

  test('twenty calls at once', async () => {
    await using server = await serve((response, { url }) => response.end(url));
    const node = httpNode({ allow: [server.host] });
    const urls = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const outputs = await Promise.all(urls.map((url) => call(node, { url: server.origin + url })));
    expect(outputs.map(({ body }) => body)).toEqual(urls);
  });
});

describe('trouble on the way', () => {
  test('nobody listens: nothing was sent', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    const failed = await failureOf(httpNode({ allow: [host] }), { url: `http://${host}`, method: 'POST' });
    expect(failed).toEqual({ ...notConnected, message: `No connection to ${host}: ECONNREFUSED` });
  });

  test('nobody listens on any address of a name', async () => {
    const host = `many.example:${await closedPort()}`;
    const lookup = async (): Promise<{ address: string; family: number }[]> =>
      ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const failed = await failureOf(httpNode({ allow: [host], lookup }), { url: `http://${host}` });
    expect(failed).toEqual({ ...notConnected, message: `No connection to ${host}: ECONNREFUSED` });
  });

  test('a connection that does not come about in 10 s is given up, with nothing sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const silent = createServer(() => vi.advanceTimersByTime(10_000));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const failed = await failureOf(httpNode({ allow: [host] }), { url: `https://${host}` });
    expect(failed).toEqual({ ...notConnected, message: `No connection to ${host}: not within 10 s` });
    await new Promise((resolve) => silent.close(resolve));
  });

  test('the next address is tried', async () => {
    await using server = await serve(json(1));
    const host = `many.example:${server.port}`;
    const lookup = async (): Promise<{ address: string; family: number }[]> =>
      ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    expect(await call(httpNode({ allow: [host], lookup }), { url: `http://${host}` })).toMatchObject({ body: 1 });
  });

  test.each([
    ['has no answer', async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })), 'ENOTFOUND'],
    ['has no addresses', async () => [], 'no addresses'],
    ['cannot be asked', async () => Promise.reject(new Error('x')), 'no answer'],
  ])('the name %s', async (_, lookup, why) => {
    const failed = await failureOf(httpNode({ allow: [], lookup }), { url: 'http://nobody.example/' });
    const message = `The name nobody.example could not be resolved: ${why}`;
    expect(failed).toEqual({ code: 'dns_failed', category: 'transient', retryable: true, message });
  });

  const raw = {
    '101 nobody asked for': 'HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'no HTTP': '220 smtp\r\n',
  };
  test.each([
    ...Object.entries(raw),
    ['nothing', ''],
    ['half a header', 'HTTP/1.1 200 O'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nabc'],
  ])('the answer is %s', async (_, answer) => {
    await using server = await serve((response) => response.socket?.end(answer));
    for (const method of ['GET', 'POST']) {
      const failed = await failureOf(httpNode({ allow: [server.host] }), { url: server.origin, method });
      expect(failed).toMatchObject(lost);
      expect(failed.message).toContain(`The connection to ${server.origin}/ broke after the request was sent`);
    }
  });

  test('100 and 103 come before the answer', async () => {
    await using server = await serve((response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.end('end');
    });
    expect(await call(httpNode({ allow: [server.host] }), { url: server.origin })).toMatchObject({ body: 'end' });
  });
});

describe('the signal', () => {
  const reason = new Error('the attempt is over');

  /** What the call throws, once the server has seen its connection close. */
  async function thrownBy(server: TestServer, signal: AbortSignal): Promise<unknown> {
    const thrown: unknown = await call(httpNode({ allow: [server.host] }), { url: server.origin }, signal).catch(
      (error: unknown) => error,
    );
    await vi.waitUntil(() => [...server.sockets].every((socket) => socket.destroyed));
    return thrown;
  }

  test('before anything', async () => {
    await using server = await serve(json(1));
    const node = httpNode({ allow: [server.host] });
    await expect(call(node, { url: server.origin }, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.connections()).toBe(0);
  });

  test('while the answer is awaited', async () => {
    const controller = new AbortController();
    await using server = await serve(() => controller.abort(reason));
    expect(await thrownBy(server, controller.signal)).toBe(reason);
  });

  test('while a body drips in (slow loris)', async () => {
    const controller = new AbortController();
    await using server = await serve((response) => {
      response.write('x');
      const drip = setInterval(() => response.write('x'), 2);
      response.on('close', () => clearInterval(drip));
      setTimeout(() => controller.abort(reason), 20);
    });
    expect(await thrownBy(server, controller.signal)).toBe(reason);
  });

  test('while a compressed body drips in', async () => {
    const controller = new AbortController();
    await using server = await serve((response) => {
      const body = gzipSync('x'.repeat(1_000));
      response.setHeader('content-encoding', 'gzip').write(body.subarray(0, 12));
      setTimeout(() => controller.abort(reason), 10);
    });
    expect(await thrownBy(server, controller.signal)).toBe(reason);
  });

  test('while the body of a failure or of a redirect drips in', async () => {
    for (const status of [500, 302]) {
      const controller = new AbortController();
      await using server = await serve((response) => {
        response.writeHead(status, { location: '/x' }).write('x');
        setTimeout(() => controller.abort(reason), 10);
      });
      expect(await thrownBy(server, controller.signal)).toBe(reason);
    }
  });

  test('while a name is resolved', async () => {
    const controller = new AbortController();
    const lookup = async (): Promise<never> => {
      controller.abort(reason);
      return await new Promise<never>(() => {});
    };
    const node = httpNode({ allow: [], lookup });
    await expect(call(node, { url: 'http://slow.example/' }, controller.signal)).rejects.toBe(reason);
  });

  test('while TLS is negotiated', async () => {
    const controller = new AbortController();
    const silent = createServer(() => controller.abort(reason));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const node = httpNode({ allow: [host] });
    await expect(call(node, { url: `https://${host}` }, controller.signal)).rejects.toBe(reason);
    // Ends only once the client has closed its side.
    await new Promise((resolve) => silent.close(resolve));
  });

  test('a connection outlives the signal of the call that opened it', async () => {
    await using server = await serve(json(1));
    const node = httpNode({ allow: [server.host] });
    const first = new AbortController();
    await call(node, { url: server.origin }, first.signal);
    first.abort(reason);
    expect(await call(node, { url: server.origin })).toMatchObject({ body: 1 });
    expect(server.connections()).toBe(1);
  });
});

describe('TLS', () => {
  test('a certificate that nobody vouches for is refused for good, with nothing sent', async () => {
    await using server = await serve(json(1), selfSigned());
    const failed = await failureOf(httpNode({ allow: [server.host] }), { url: server.origin });
    expect(failed).toMatchObject({ code: 'connect_failed', category: 'transient', retryable: false });
    expect(failed.message).toContain(`The certificate of ${server.host} is not valid`);
    expect(failed.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(server.seen).toEqual([]);
  });

  test.each([
    ['expired', { days: 0.5 }, 'CERT_HAS_EXPIRED'],
    ['for another host', { name: 'other.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('so is one that is %s', async (_, options, code) => {
    const certificate = selfSigned(options);
    await using server = await serve(json(1), certificate);
    const failed = await trusting(certificate.cert, () =>
      failureOf(httpNode({ allow: [server.host] }), { url: server.origin }),
    );
    expect(failed).toMatchObject({ code: 'connect_failed', retryable: false });
    expect(failed.message).toContain(code);
  });

  test('a valid one is used, and its connection kept', async () => {
    const certificate = selfSigned();
    await using server = await serve(json('over TLS'), certificate);
    const node = httpNode({ allow: [server.host] });
    await trusting(certificate.cert, async () => {
      expect(await call(node, { url: server.origin })).toMatchObject({ body: 'over TLS' });
      expect(await call(node, { url: server.origin })).toMatchObject({ body: 'over TLS' });
    });
    expect(server.connections()).toBe(1);
  });

  test('a redirect from https to http is refused', async () => {
    const certificate = selfSigned();
    await using plain = await serve(json(1));
    await using server = await serve(
      (response) => response.writeHead(301, { location: plain.origin }).end(),
      certificate,
    );
    const node = httpNode({ allow: [server.host, plain.host] });
    const failed = await trusting(certificate.cert, () => failureOf(node, { url: server.origin }));
    expect(failed).toMatchObject({ code: 'redirect_refused', category: 'policy', retryable: false });
    expect(plain.seen).toEqual([]);
  });

  test('a server that does not speak it', async () => {
    await using server = await serve(json(1));
    const failed = await failureOf(httpNode({ allow: [server.host] }), {
      url: `https://${server.host}`,
      method: 'POST',
    });
    expect(failed).toMatchObject(notConnected);
  });

  test('a server that hangs up', async () => {
    await using server = await serve(json(1));
    const hangUp = createServer((socket) => socket.resume().end());
    await new Promise<void>((resolve) => {
      hangUp.listen(0, '127.0.0.1', resolve);
    });
    const host = `127.0.0.1:${(hangUp.address() as AddressInfo).port}`;
    const failed = await failureOf(httpNode({ allow: [host, server.host] }), { url: `https://${host}` });
    expect(failed).toMatchObject(notConnected);
    await new Promise((resolve) => hangUp.close(resolve));
  });
});

async function trusting<T>(cert: string, work: () => Promise<T>): Promise<T> {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, cert]);
  try {
    return await work();
  } finally {
    setDefaultCACertificates(before);
  }
}
