import { appendFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../loopback-server.ts';
import type { BusEvent } from './put-events.ts';
import { putEvents } from './put-events.ts';

export interface BusEmulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface BusEmulatorOptions {
  readonly buses: readonly string[];
  /** Accepted events are its lines; undefined = they are kept nowhere. */
  readonly file: string | undefined;
  readonly onEvent?: ((event: BusEvent) => void) | undefined;
}

/** EventBridge as far as events are put on it. It has no rules: who wants to see what came reads the file. */
export async function startBus(options: BusEmulatorOptions): Promise<BusEmulator> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      send(response, 500, { __type: 'InternalException', message: String(error) }, 'InternalException');
    });
  });
  const port = await listenOnLoopback(server, 0);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => closeServer(server) };
}

async function answer(
  { buses, file, onEvent }: BusEmulatorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const operation = request.headers['x-amz-target'];
  if (operation !== 'AWSEvents.PutEvents') {
    const message = `the local stack's bus knows PutEvents, not ${String(operation)}`;
    send(response, 400, { __type: 'UnknownOperationException', message }, 'UnknownOperationException');
    return;
  }
  const outcome = putEvents(await json(request), buses, new Date());
  if (outcome.status !== 200) {
    send(response, outcome.status, outcome.body, outcome.errorType);
    return;
  }
  // Before the answer: what was accepted is there.
  if (file !== undefined) appendFileSync(file, outcome.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  for (const event of outcome.events) onEvent?.(event);
  send(response, 200, outcome.body);
}

function send(response: ServerResponse, status: number, body: object, errorType?: string): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    ...(errorType !== undefined && { 'x-amzn-errortype': errorType }),
  });
  response.end(JSON.stringify(body));
}
