import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { parseHead, writtenAnswer, type RequestHead } from './http-message.ts';
import type { WireAnswer } from './denial.ts';

export interface ProxyOptions {
  readonly upstream: string;
  /** Whether a decision needs the body too; without it, bodies of megabytes pass through unseen. */
  readonly readsBodies: boolean;
  /** Answers in the upstream's place, or says nothing. */
  readonly examine: (head: RequestHead, body: string) => WireAnswer | undefined;
}

export interface Proxy {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Hands on bytes, one connection upstream for each that comes in, and looks at requests only. Node's own HTTP server and
 * client in between would cost as much as the SDK itself, in every test.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client.setNoDelay(true));
    client.once('close', () => sockets.delete(client));
    new Connection(client, options).start();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The proxy has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

class Connection {
  readonly #client: Socket;
  readonly #options: ProxyOptions;
  #upstream: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  /** Of a body that is handed on as it comes. */
  #passing = 0;

  constructor(client: Socket, options: ProxyOptions) {
    this.#client = client;
    this.#options = options;
  }

  start(): void {
    this.#client.on('error', () => this.#client.destroy());
    // A poll whose caller is gone would be handed messages that nobody sees.
    this.#client.once('close', () => this.#upstream?.destroy());
    this.#client.on('data', (chunk) => {
      try {
        this.#take(chunk);
      } catch {
        this.#client.destroy();
      }
    });
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length > 0) {
      if (this.#passing > 0) {
        this.#passing -= this.#forward(Math.min(this.#passing, this.#received.length));
        continue;
      }
      const head = parseHead(this.#received);
      if (head === undefined || !this.#request(head)) return;
    }
  }

  /** False until enough of it is here, or when it was refused. */
  #request(head: RequestHead): boolean {
    const { readsBodies, examine } = this.#options;
    const end = head.bytes + (readsBodies ? head.bodyBytes : 0);
    if (this.#received.length < end) return false;
    const answer = examine(head, this.#received.toString('utf8', head.bytes, end));
    if (answer !== undefined) {
      this.#client.removeAllListeners('data').resume().end(writtenAnswer(answer));
      return false;
    }
    this.#forward(end);
    this.#passing = readsBodies ? 0 : head.bodyBytes;
    return true;
  }

  #forward(bytes: number): number {
    this.#upstream ??= this.#connect();
    this.#upstream.write(this.#received.subarray(0, bytes));
    this.#received = this.#received.subarray(bytes);
    return bytes;
  }

  #connect(): Socket {
    const { hostname, port } = new URL(this.#options.upstream);
    const upstream = connect(Number(port), hostname).setNoDelay(true);
    upstream.on('error', () => this.#client.destroy());
    upstream.once('close', () => this.#client.end());
    upstream.pipe(this.#client, { end: false });
    return upstream;
  }
}
