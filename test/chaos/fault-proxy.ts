import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import type { FaultPlan } from './fault-plan.ts';
import { isForwarded, type Fault } from './faults.ts';
import { interceptedCall, type InterceptedCall } from './intercepted-call.ts';
import { Turns } from './turns.ts';
import { wireError, type Service } from './wire-errors.ts';

export interface ProxyOptions {
  readonly service: Service;
  readonly upstream: string;
  readonly plan: Pick<FaultPlan, 'faultOf'>;
  /** Told of each write that the emulator has applied, before anybody is answered. */
  readonly onApplied?: (call: InterceptedCall) => void;
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/** Stands between the SDK's clients and an emulator, and does not always do what it is asked for. */
export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const turns = new Turns();
  let answers = 0;
  const server = createServer((request, response) => {
    answers += 1;
    const variant = answers % 2 === 0 ? 0 : 1;
    exchange(request, response, options, agent, turns, variant).catch(() => response.destroy());
  });
  // Connections are cut by faults alone.
  server.keepAliveTimeout = 120_000;
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await closeServer(server, 0);
      agent.destroy();
    },
  };
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: ProxyOptions,
  agent: Agent,
  turns: Turns,
  variant: 0 | 1,
): Promise<void> {
  const call = interceptedCall(request, await buffer(request));
  const fault = options.plan.faultOf(call);
  if (fault?.kind === 'delayed') await sleep(fault.delayMs);
  const forward = () => forwarded(request, response, call, options, agent);
  // One write of a partition at a time: the order in which we see them is then that in which they were applied.
  const writesTo = WRITES.has(call.operation) ? call.partition : undefined;
  const isSent = fault === undefined || isForwarded(fault.kind);
  const answer = isSent ? await (writesTo === undefined ? forward() : turns.take(writesTo, forward)) : undefined;
  await reply(response, answer, fault, options.service, variant);
}

async function reply(
  response: ServerResponse,
  answer: Answer | undefined,
  fault: Fault | undefined,
  service: Service,
  variant: 0 | 1,
): Promise<void> {
  if (fault?.kind === 'unanswered') return;
  const error = fault === undefined ? undefined : wireError(service, fault.kind, variant);
  if (error !== undefined) {
    response.writeHead(error.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: error.type, message: error.message }));
    return;
  }
  if (fault?.kind === 'late') await sleep(fault.delayMs);
  if (answer === undefined || fault?.kind === 'answer_lost') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

async function forwarded(
  request: IncomingMessage,
  response: ServerResponse,
  call: InterceptedCall,
  { upstream, onApplied }: ProxyOptions,
  agent: Agent,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { host: _host, connection: _connection, ...headers } = request.headers;
  const outgoing = send(new URL(request.url ?? '/', upstream), { agent, method: request.method, headers }, resolve);
  outgoing.on('error', reject);
  // A poll whose caller is gone would be handed messages that nobody sees; any other request is on its way for good.
  if (call.operation === 'ReceiveMessage') response.once('close', () => outgoing.destroy());
  outgoing.end(call.body);
  const incoming = await promise;
  const body = await buffer(incoming);
  const status = incoming.statusCode ?? 0;
  if (status === 200 && WRITES.has(call.operation)) onApplied?.(call);
  return { status, headers: passedOn(incoming), body };
}

/** Names that belong to the connection. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function passedOn({ headers }: IncomingMessage): Readonly<Record<string, string | string[]>> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !OWN.has(name)) kept[name] = value;
  return kept;
}
