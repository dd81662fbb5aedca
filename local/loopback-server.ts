import { once } from 'node:events';
import type { Server } from 'node:http';

/** Listens on 127.0.0.1 only; resolves with the port (0 = any free one), rejects with the listen error. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return address.port;
}

/** Lets requests that run finish within the bound, then cuts what is left. Harmless when repeated. */
export async function closeServer(server: Server, withinMs = 2_000): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(cut);
}
