import type { Call } from '../iam/call.ts';
import { dynamodbCalls } from './dynamodb.ts';
import { eventsCalls } from './events.ts';
import { s3Calls } from './s3.ts';
import { schedulerCalls } from './scheduler.ts';
import { sqsCalls } from './sqs.ts';
import type { Service, WireRequest } from './wire-request.ts';

type CallsOf = (request: WireRequest, role: string) => readonly Call[];

const SERVICES: Readonly<Record<Service, CallsOf>> = {
  dynamodb: dynamodbCalls,
  sqs: sqsCalls,
  s3: s3Calls,
  scheduler: schedulerCalls,
  events: eventsCalls,
};

/** What IAM is asked because of a request that a function with this role makes. @throws {UnknownRequest} */
export function wireCalls(request: WireRequest, role: string): readonly Call[] {
  return SERVICES[request.service](request, role);
}
