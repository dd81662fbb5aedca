import * as http from 'node:http';
import * as https from 'node:https';
import { NodeError } from '../../engine/node-type.ts';
import type { Agents, ConnectOptions } from './connect.ts';
import type { Target } from './guard.ts';
import { where, type OutgoingRequest } from './request.ts';

/**
 * One request and its answer. `use` reads the answer while the abort signal still watches; what it leaves unread costs
 * the connection, nothing else.
 */
export async function exchange<T>(
  request: OutgoingRequest,
  target: Target,
  agents: Agents,
  signal: AbortSignal,
  use: (response: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await exchangeOnce(request, agents.for(target), target, signal, use);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return await exchangeOnce(request, agents.for(target, { fresh: true }), target, signal, use);
  }
}

/** The server closed a kept connection just as a request without side effects was written to it: nobody's failure. */
class StaleConnection extends Error {}

async function exchangeOnce<T>(
  request: OutgoingRequest,
  agent: http.Agent,
  target: Target,
  signal: AbortSignal,
  use: (response: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  const sent = open(request, agent, target, signal);
  let response: http.IncomingMessage | undefined;
  const stop = (): void => {
    response?.destroy();
    sent.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    response = await answerTo(sent, request);
    // Aborting fails the reading; what `destroy` reports besides is news to nobody.
    response.on('error', () => {});
    return await use(response);
  } finally {
    signal.removeEventListener('abort', stop);
    if (response?.readableEnded !== true) stop();
  }
}

function open(
  { url, method, headers, body }: OutgoingRequest,
  agent: http.Agent,
  target: Target,
  signal: AbortSignal,
): http.ClientRequest {
  const { protocol, hostname, port, pathname, search } = url;
  const options: ConnectOptions = {
    protocol,
    // Of an IPv6 address without its brackets, as node's own reading of URLs has it.
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    ...(port !== '' && { port }),
    path: `${pathname}${search}`,
    method,
    agent,
    target,
    attemptSignal: signal,
    lookup: target.lookup,
    headers: {
      ...Object.fromEntries(headers),
      ...(body !== undefined && { 'Content-Length': String(body.byteLength) }),
    },
  };
  return (protocol === 'https:' ? https : http).request(options).end(body);
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const CLOSED_BY_PEER: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

async function answerTo(sent: http.ClientRequest, request: OutgoingRequest): Promise<http.IncomingMessage> {
  return await new Promise((resolve, reject) => {
    // 101 to a request that asked for no upgrade ends here too: node closes the socket without an error.
    const onClose = (): void => reject(connectionLost(request, 'closed before an answer came'));
    sent.once('close', onClose);
    sent.on('error', (error) => reject(troubleOf(error, sent, request)));
    sent.once('response', (response) => {
      sent.off('close', onClose);
      resolve(response);
    });
  });
}

function troubleOf(error: Error, sent: http.ClientRequest, request: OutgoingRequest): Error {
  // Connecting failed: `connect.ts` has said how.
  if (error instanceof NodeError) return error;
  const code = 'code' in error ? String(error.code) : error.message;
  if (sent.reusedSocket && CLOSED_BY_PEER.has(code) && SAFE_METHODS.has(request.method)) return new StaleConnection();
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `The headers of the answer from ${where(request)} exceed ${http.maxHeaderSize} bytes`;
    return NodeError.fatal('response_too_large', 'input', message);
  }
  return connectionLost(request, code.startsWith('HPE_') ? `the answer is not HTTP (${code})` : code);
}

export function connectionLost(request: OutgoingRequest, why: string): NodeError {
  const message = `The connection to ${where(request)} broke after the request was sent: ${why}`;
  return NodeError.retryable('connection_lost', 'transient', message);
}
