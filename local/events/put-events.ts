import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ACCOUNT, REGION } from '../aws-identity.ts';

/** What a rule's target would get. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** The most that EventBridge takes in one call. */
const ENTRIES_MAX = 10;

/** What PutEvents takes, as far as we send it. Unknown fields are refused: the emulator would ignore them silently. */
const PutEventsBody = z.strictObject({
  Entries: z
    .array(
      z.strictObject({
        EventBusName: z.string(),
        Source: z.string().min(1),
        DetailType: z.string().min(1).max(128),
        Detail: z.string(),
        /** Seconds since 1970, as the protocol has it. */
        Time: z.number().optional(),
        Resources: z.array(z.string()).default([]),
      }),
    )
    .min(1)
    .max(ENTRIES_MAX),
});

export type PutEventsAnswer =
  | { readonly status: 200; readonly events: readonly BusEvent[]; readonly body: object }
  | { readonly status: 400; readonly errorType: string; readonly body: object };

/** Decides one PutEvents request; what it accepts is in `events`. */
export function putEvents(body: unknown, buses: readonly string[], now: Date): PutEventsAnswer {
  const parsed = PutEventsBody.safeParse(body);
  if (!parsed.success)
    return refused('ValidationException', parsed.error.issues[0]?.message ?? 'the request is malformed');
  const stranger = parsed.data.Entries.find(({ EventBusName }) => !buses.includes(EventBusName));
  if (stranger !== undefined)
    return refused('ResourceNotFoundException', `Event bus ${stranger.EventBusName} does not exist.`);
  const events: BusEvent[] = [];
  for (const { Source, DetailType, Detail, Time, Resources } of parsed.data.Entries) {
    const detail = parseDetail(Detail);
    if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
    events.push({
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: ACCOUNT,
      time: (Time === undefined ? now : new Date(Time * 1_000)).toISOString(),
      region: REGION,
      resources: Resources,
      detail,
    });
  }
  return { status: 200, events, body: { FailedEntryCount: 0, Entries: events.map(({ id }) => ({ EventId: id })) } };
}

function refused(errorType: string, message: string): PutEventsAnswer {
  return { status: 400, errorType, body: { __type: errorType, message } };
}

/** EventBridge wants a JSON object. */
function parseDetail(text: string): object | undefined {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}
