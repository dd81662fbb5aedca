import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from 'aws-lambda';
import { FunctionTimedOut, lambdaContext, withinTimeout } from '../lambda/lambda-context.ts';
import { closeServer, listenOnLoopback } from '../loopback-server.ts';
import type { FunctionResource } from '../template/resources.ts';
import { gatewayEvent, MalformedRequest } from './gateway-event.ts';
import { LAMBDA_PAYLOAD_BYTES_MAX, sendGatewayError, sendResult } from './gateway-response.ts';
import { refusalOf } from './host-guard.ts';
import { readBody } from './request-body.ts';

/** HTTP API's largest request. */
const REQUEST_BYTES_MAX = 10 * 1_024 * 1_024;
/** Longer than the clients' pools keep idle connections, or a request meets a socket that is just being closed. */
const KEEP_ALIVE_MS = 65_000;

export type ApiHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyResultV2>;

export interface ServedFunction {
  readonly fn: FunctionResource;
  readonly handler: ApiHandler;
}

/**
 * API Gateway's HTTP API on loopback: one catch-all route to one function. It listens before there is a function, so
 * that the port is ours before anything is started; until `serve` it answers 503.
 */
export class LambdaHttp {
  readonly #server: Server;
  readonly #log: (line: string) => void;
  #served: ServedFunction | undefined;
  #port = 0;

  constructor(log: (line: string) => void) {
    this.#log = log;
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        // The client went away in the middle of its request: nobody is left to be told.
        if (request.destroyed && !request.complete) return;
        this.#log(`${request.method ?? ''} ${request.url ?? ''}: ${describe(error)}`);
        sendGatewayError(response, 500, 'Internal Server Error');
      });
    });
  }

  /** Resolves with the port; rejects if it is taken. */
  async listen(port: number): Promise<number> {
    this.#port = await listenOnLoopback(this.#server, port);
    return this.#port;
  }

  serve(served: ServedFunction): void {
    this.#served = served;
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request.headers, this.#port);
    if (refusal !== undefined) return sendGatewayError(response, 403, refusal);
    if (this.#served === undefined) return sendGatewayError(response, 503, 'Service Unavailable');
    const body = await readBody(request, REQUEST_BYTES_MAX);
    // Lambda's own limit is smaller than the gateway's, and base64 makes a binary body a third longer.
    if (body === undefined || body.length > LAMBDA_PAYLOAD_BYTES_MAX) {
      return sendGatewayError(response, 413, 'Request Entity Too Large');
    }
    return await this.#invoke(this.#served, request, response, body);
  }

  async #invoke(
    { fn, handler }: ServedFunction,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    try {
      const event = gatewayEvent(request, body);
      const context = lambdaContext(fn);
      sendResult(response, await withinTimeout(context, () => handler(event, context)));
    } catch (error) {
      if (error instanceof MalformedRequest) return sendGatewayError(response, 400, 'Bad Request');
      this.#log(`${fn.name}: ${request.method ?? ''} ${request.url ?? ''}: ${describe(error)}`);
      const timedOut = error instanceof FunctionTimedOut;
      return sendGatewayError(
        response,
        timedOut ? 503 : 500,
        timedOut ? 'Service Unavailable' : 'Internal Server Error',
      );
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
