import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../domain/limits.ts';
import { failure } from '../domain/failure.ts';
import { NodeError, succeeded, type Attempt, type EffectNodeType, type NodeOutcome } from '../engine/node-type.ts';
import { HttpConfig } from './http/config.ts';
import { connectionAgents, type Agents } from './http/connect.ts';
import { bodyValue } from './http/content.ts';
import { connectionLost, exchange } from './http/exchange.ts';
import { addressGuard, type AddressGuard, type GuardOptions } from './http/guard.ts';
import { responseHeaders } from './http/headers.ts';
import { isRedirect, redirected } from './http/redirect.ts';
import { firstRequest, where, type OutgoingRequest } from './http/request.ts';
import { readBody, type ReceivedBody } from './http/response-body.ts';
import { DETAIL_BODY_BYTES_MAX, isExpected, isRetryableByDefault, unexpectedStatus } from './http/status.ts';

/** Contract §2: one attempt of an http node. */
const ATTEMPT_TIMEOUT_MS_DEFAULT = 30_000;

/**
 * Calls a target on the public internet; where it may go is `http/guard.ts`, on every hop and always on. Bare node:http
 * instead of fetch: undici alone is 227 KB of bundle, and hides the socket that has to be checked.
 *
 * Connections are kept between calls: make one per process.
 */
export function httpNode(options: GuardOptions): EffectNodeType {
  const guard = addressGuard(options);
  const agents = connectionAgents();
  return {
    kind: 'effect',
    type: 'http',
    summary: 'Sends an HTTP request; succeeds if the status is expected.',
    config: HttpConfig,
    attemptTimeoutMsDefault: ATTEMPT_TIMEOUT_MS_DEFAULT,
    retryableByDefault: isRetryableByDefault,
    // Redirects count for the origin that sent us on.
    target: (config) => originOf(new URL((config as HttpConfig).url)),
    async run(attempt) {
      try {
        return await perform(attempt, guard, agents);
      } catch (error) {
        // Aborting breaks connections in many ways; only its reason counts.
        attempt.signal.throwIfAborted();
        throw error instanceof NodeError ? bounded(error) : error;
      }
    },
  };
}

function originOf({ protocol, origin }: URL): string | undefined {
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

async function perform(attempt: Attempt, guard: AddressGuard, agents: Agents): Promise<NodeOutcome> {
  const config = attempt.config as HttpConfig;
  let request = firstRequest(config, attempt.idempotencyKey);
  for (let followed = 0; ; followed += 1) {
    const current = request;
    const step = await exchange(current, guard.target(current.url), agents, attempt.signal, async (response) => {
      const location = response.headers.location;
      const status = response.statusCode ?? 0;
      if (location !== undefined && isRedirect(status, location, config.expect)) {
        const next = redirected(current, status, location, followed);
        await discard(response);
        return next;
      }
      return await settle(current, response, attempt, config);
    });
    if ('kind' in step) return step;
    request = step;
  }
}

async function settle(
  request: OutgoingRequest,
  response: IncomingMessage,
  attempt: Attempt,
  config: HttpConfig,
): Promise<NodeOutcome> {
  const status = response.statusCode ?? 0;
  if (!isExpected(status, config.expect)) {
    // The status is known, whether or not the rest of the body arrives.
    const body = await readBody(response, DETAIL_BODY_BYTES_MAX).catch(() => undefined);
    throw unexpectedStatus(request, response, body?.bytes ?? Buffer.alloc(0), attempt.now);
  }
  const headers = responseHeaders(response);
  const { bytes, stillEncoded } = await wholeBody(request, response);
  const body = stillEncoded ? bytes.toString('base64') : bodyValue(bytes, response.headers['content-type']);
  return succeeded({ status, headers, body });
}

async function wholeBody(request: OutgoingRequest, response: IncomingMessage): Promise<ReceivedBody> {
  const body = await readBody(response, LIMITS.outputBytesMax).catch((error: unknown) => {
    throw connectionLost(request, describe(error));
  });
  if (!body.cut) return body;
  const message = `The answer from ${where(request)} exceeds ${LIMITS.outputBytesMax} bytes, decompressed`;
  throw NodeError.fatal('response_too_large', 'input', message);
}

/** A short body is read so that the connection can be used again; a long or broken one is not worth it. */
async function discard(response: IncomingMessage): Promise<void> {
  await readBody(response, DETAIL_BODY_BYTES_MAX).catch(() => undefined);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${error.message} (${String(error.code)})` : error.message;
}

/** URLs and host names of any length may come from data. */
function bounded(error: NodeError): NodeError {
  if (error.failure.message.length <= LIMITS.errorMessageLengthMax) return error;
  const { code, category, message, ...more } = error.failure;
  return new NodeError(failure(code, category, message.slice(0, LIMITS.errorMessageLengthMax), more));
}
