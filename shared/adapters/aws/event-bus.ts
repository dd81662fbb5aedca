import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LIFECYCLE_EVENT } from '../../config/events.ts';
import type { LifecycleEvent } from '../../domain/execution/lifecycle-event.ts';
import type { LifecycleEvents } from '../../engine/ports.ts';
import { charge } from '../../metering/tally.ts';

/** Each so many bytes of an event are billed as one. */
const BILLED_BYTES = 64 * 1_024;

/** Announces ends of executions on an EventBridge bus. */
export class EventBusEvents implements LifecycleEvents {
  readonly #client: EventBridgeClient;
  readonly #bus: string;

  constructor(client: EventBridgeClient, bus: string) {
    this.#client = client;
    this.#bus = bus;
  }

  async publish(event: LifecycleEvent): Promise<void> {
    const detail = JSON.stringify(event);
    const { FailedEntryCount = 0, Entries = [] } = await this.#client.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: this.#bus,
            Source: LIFECYCLE_EVENT.source,
            DetailType: LIFECYCLE_EVENT.detailType,
            Detail: detail,
            ...(event.endedAt !== undefined && { Time: new Date(event.endedAt) }),
          },
        ],
      }),
    );
    charge({ events: Math.ceil(Buffer.byteLength(detail) / BILLED_BYTES) });
    if (FailedEntryCount > 0) throw new Error(`EventBridge did not take the event: ${Entries[0]?.ErrorCode}`);
  }
}
