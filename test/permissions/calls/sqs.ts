import * as z from 'zod';
import type { Call } from '../iam/call.ts';
import { arn, asRole } from './requester.ts';
import { operationOf, UnknownRequest, type WireRequest } from './wire-request.ts';

/** A batch asks for the right to do one. */
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessage: 'SendMessage',
  SendMessageBatch: 'SendMessage',
  ReceiveMessage: 'ReceiveMessage',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  GetQueueAttributes: 'GetQueueAttributes',
  GetQueueUrl: 'GetQueueUrl',
};

const ByUrl = z.object({ QueueUrl: z.string() });
const ByName = z.object({ QueueName: z.string() });

export function sqsCalls(request: WireRequest, role: string): readonly Call[] {
  const operation = operationOf(request);
  const action = Object.hasOwn(ACTIONS, operation) ? ACTIONS[operation] : undefined;
  if (action === undefined) throw new UnknownRequest(request);
  return [asRole(role, `sqs:${action}`, arn('sqs', queueOf(operation, JSON.parse(request.body))))];
}

function queueOf(operation: string, body: unknown): string {
  if (operation === 'GetQueueUrl') return ByName.parse(body).QueueName;
  const { QueueUrl } = ByUrl.parse(body);
  return QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
}
