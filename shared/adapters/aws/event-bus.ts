import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LIFECYCLE_EVENT } from '../../config/events.ts';
import type { LifecycleEvent } from '../../domain/execution/lifecycle-event.ts';
import type { LifecycleEvents } from '../../engine/ports.ts';

/** Announces ends of executions on an EventBridge bus. */
export class EventBusEvents implements LifecycleEvents {
  readonly #client: EventBridgeClient;
  readonly #bus: string;

  constructor(client: EventBridgeClient, bus: string) {
    this.#client = client;
    this.#bus = bus;
  }

  async publish(event: LifecycleEvent): Promise<void> {
    const { FailedEntryCount = 0, Entries = [] } = await this.#client.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: this.#bus,
            Source: LIFECYCLE_EVENT.source,
            DetailType: LIFECYCLE_EVENT.detailType,
            Detail: JSON.stringify(event),
            ...(event.endedAt !== undefined && { Time: new Date(event.endedAt) }),
          },
        ],
      }),
    );
    if (FailedEntryCount > 0) throw new Error(`EventBridge did not take the event: ${Entries[0]?.ErrorCode}`);
  }
}
