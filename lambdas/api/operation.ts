import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { App } from '../runtime/bootstrap.ts';
import type { ExecutionReader } from './execution-reader.ts';
import type { TokenSigner } from './signed-token.ts';

/** What an operation gets: everything parsed, the workspace from the API key and from nowhere else. */
export interface OperationContext {
  readonly app: App;
  readonly reader: ExecutionReader;
  readonly signer: () => Promise<TokenSigner>;
  /** Empty on open routes. */
  readonly workspace: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Parsed by the route's schema; for definitions see `parseDefinition`. */
  readonly body: unknown;
  readonly event: APIGatewayProxyEventV2;
  readonly requestId: string;
  /** Where the API is reached: the configured address, else the request's own host. */
  readonly baseUrl: string;
}

export type Operation = (context: OperationContext) => Promise<APIGatewayProxyStructuredResultV2>;

export function json(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

export function param(context: OperationContext, name: string): string {
  return context.params[name] ?? '';
}
