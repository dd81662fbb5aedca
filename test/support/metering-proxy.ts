import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

interface Capacity {
  readonly CapacityUnits?: number;
}

/** Operations that change items; each call's whole capacity, indexes included, is counted as write units. */
const WRITES = new Set(['PutItem', 'UpdateItem']);

/** A poll that brought nothing: what an idle stack costs, nobody's in particular. */
const EMPTY_RECEIVE = 'ReceiveMessage, empty';

/**
 * Stands between the SDK and an emulator: asks DynamoDB for the consumed capacity of every call and adds it up, counts
 * SQS messages. What a bill would be made of, read off the wire.
 */
export class MeteringProxy {
  writeUnits = 0;
  readUnits = 0;
  messagesSent = 0;
  readonly calls = new Map<string, number>();
  /** Sort keys of the items that were read one by one. */
  readonly keysRead: string[] = [];
  /** Sort keys of the items that were put, refused writes included. */
  readonly keysWritten: string[] = [];
  /** Sort keys of the items that were added to. */
  readonly keysAddedTo: string[] = [];
  readonly #server: Server;

  constructor(upstream: () => string) {
    this.#server = createServer(
      (request, response) => void this.#forward(upstream(), request, response).catch(() => response.destroy()),
    );
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.writeUnits = 0;
    this.readUnits = 0;
    this.messagesSent = 0;
    this.calls.clear();
    this.keysRead.length = 0;
    this.keysWritten.length = 0;
    this.keysAddedTo.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(upstream: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation =
      String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ?? '';
    const body = Buffer.concat(chunks).toString('utf8');
    const isDynamo = String(request.headers['x-amz-target'] ?? '').startsWith('DynamoDB');
    const hasCapacity = isDynamo && ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'].includes(operation);
    const sent = hasCapacity
      ? JSON.stringify({ ...(JSON.parse(body) as object), ReturnConsumedCapacity: 'INDEXES' })
      : body;
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !['host', 'content-length', 'connection'].includes(name)),
    );
    const answer = await fetch(`${upstream}${request.url}`, {
      method: request.method ?? 'POST',
      headers: headers as Record<string, string>,
      body: sent,
    });
    const text = await answer.text();
    const isEmpty = operation === 'ReceiveMessage' && !text.includes('"ReceiptHandle"');
    this.#count(isEmpty ? EMPTY_RECEIVE : operation, body, hasCapacity ? text : undefined);
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/x-amz-json-1.0',
    });
    response.end(text);
  }

  #count(operation: string, request: string, answer: string | undefined): void {
    this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
    if (operation === 'SendMessageBatch')
      this.messagesSent += (JSON.parse(request) as { Entries: unknown[] }).Entries.length;
    if (operation === 'SendMessage') this.messagesSent += 1;
    if (operation === 'GetItem') this.keysRead.push((JSON.parse(request) as { Key: { sk: { S: string } } }).Key.sk.S);
    if (operation === 'UpdateItem')
      this.keysAddedTo.push((JSON.parse(request) as { Key: { sk: { S: string } } }).Key.sk.S);
    if (operation === 'PutItem')
      this.keysWritten.push((JSON.parse(request) as { Item: { sk: { S: string } } }).Item.sk.S);
    if (answer === undefined) return;
    const { ConsumedCapacity } = JSON.parse(answer) as { ConsumedCapacity?: Capacity | Capacity[] };
    const units = [ConsumedCapacity].flat().reduce((sum, capacity) => sum + (capacity?.CapacityUnits ?? 0), 0);
    if (WRITES.has(operation)) this.writeUnits += units;
    else this.readUnits += units;
  }
}
