import type { Service } from '../calls/wire-request.ts';

/** An answer as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };
const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' };

/** How each service says no. No SDK repeats such a request. */
const DENIALS: Readonly<Record<Service, (message: string) => WireAnswer>> = {
  dynamodb: (Message) => ({
    status: 400,
    headers: JSON_1_0,
    body: JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', Message }),
  }),
  sqs: (message) => ({
    status: 403,
    headers: { ...JSON_1_0, 'x-amzn-query-error': 'AccessDenied;Sender' },
    body: JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message }),
  }),
  s3: (message) => ({
    status: 403,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${escaped(message)}</Message></Error>`,
  }),
  scheduler: (Message) => ({
    status: 403,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' },
    body: JSON.stringify({ Message }),
  }),
  events: (Message) => ({
    status: 400,
    headers: JSON_1_1,
    body: JSON.stringify({ __type: 'AccessDeniedException', Message }),
  }),
};

export function denial(service: Service, message: string): WireAnswer {
  return DENIALS[service](message);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
