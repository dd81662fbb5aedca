import * as z from 'zod';
import type { Call } from '../iam/call.ts';
import { arn, asRole } from './requester.ts';
import { operationOf, UnknownRequest, type WireRequest } from './wire-request.ts';

const PutEvents = z.object({
  Entries: z.array(z.object({ EventBusName: z.string().default('default') })).min(1),
});

export function eventsCalls(request: WireRequest, role: string): readonly Call[] {
  if (operationOf(request) !== 'PutEvents') throw new UnknownRequest(request);
  const { Entries } = PutEvents.parse(JSON.parse(request.body));
  const buses = new Set(
    Entries.map(({ EventBusName: bus }) => (bus.startsWith('arn:') ? bus : arn('events', `event-bus/${bus}`))),
  );
  return [...buses].map((bus) => asRole(role, 'events:PutEvents', bus));
}
