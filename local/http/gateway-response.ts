import type { ServerResponse } from 'node:http';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';

/** Lambda takes and gives 6 MB; what is longer never arrives. */
export const LAMBDA_PAYLOAD_BYTES_MAX = 6 * 1_024 * 1_024;

/** Answers as HTTP API does: its own errors are `{ "message" }`, not problem+json. */
export function sendGatewayError(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const close = status === 413 ? { connection: 'close' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...close });
  response.end(JSON.stringify({ message }));
}

export function sendResult(response: ServerResponse, result: APIGatewayProxyResultV2): void {
  // Payload format 2.0: what has no status code is itself the JSON body of a 200.
  const structured =
    typeof result === 'object' && 'statusCode' in result
      ? result
      : { statusCode: 200, headers: { 'content-type': 'application/json' }, body: asBody(result) };
  const { statusCode = 200, headers = {}, cookies = [], body = '', isBase64Encoded = false } = structured;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (Buffer.byteLength(body) > LAMBDA_PAYLOAD_BYTES_MAX) {
    sendGatewayError(response, 500, 'Internal Server Error');
    return;
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  if (!response.hasHeader('content-type') && bytes.length > 0) response.setHeader('content-type', 'text/plain');
  response.setHeader('content-length', bytes.length);
  response.writeHead(statusCode);
  response.end(bytes);
}

function asBody(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result ?? null);
}
