import { epochMs } from '../../shared/domain/time.ts';
import { buryMessage } from '../../shared/engine/bury-message.ts';
import { DELIVERIES_MAX } from '../../shared/engine/bury-node.ts';
import type { Delivery, WorkMessage } from '../../shared/engine/messages.ts';
import { inOrder, INVOCATION_MS, VISIBILITY_MS, type EngineHarness } from './engine-harness.ts';
import { Worker } from './faulty-ports.ts';

/** A message in the dead-letter queue. */
export interface DeadMessage {
  readonly id: string;
  readonly message: WorkMessage;
}

export const isNode =
  (node: string) =>
  (message: WorkMessage): boolean =>
    message.kind === 'node' && message.node === node;

export const isGroup = (message: WorkMessage): boolean => message.kind === 'group';

/** Lets the execution go on until such a message could be received, and takes it away as a redrive policy does. */
export async function dieOf(harness: EngineHarness, wanted: (message: WorkMessage) => boolean): Promise<DeadMessage> {
  const find = () => harness.queue.visible.find(({ message }) => wanted(message));
  await harness.runToEnd(inOrder, () => Promise.resolve(find() !== undefined));
  const found = find();
  if (found === undefined) throw new Error('no such message was ever sent');
  harness.queue.lose(found.id);
  return { id: found.id, message: found.message };
}

export interface BurialOptions {
  /** When a burial that failed is tried again. */
  readonly again?: 'at_once' | 'when_visible';
  readonly stallMs?: number;
  readonly deliveries?: number;
}

/** Delivers it to a consumer of the dead-letter queue, again and again until one succeeds. */
export async function bury(
  harness: EngineHarness,
  { id, message }: DeadMessage,
  { again = 'at_once', stallMs = 0, deliveries = 4 }: BurialOptions = {},
): Promise<void> {
  for (let nth = 1; nth <= deliveries; nth += 1) {
    const receiveCount = DELIVERIES_MAX + nth;
    const worker = new Worker(harness.faults, harness.clock, stallMs);
    const delivery: Delivery = { id, receiveCount, isolated: message.kind === 'node' && message.isolated === true };
    const handled = buryMessage(harness.deps(worker), message, delivery, INVOCATION_MS).then(
      () => true,
      (error: unknown) => {
        harness.errors.push(error);
        return false;
      },
    );
    if (await Promise.race([handled, worker.gone.then(() => false)])) return;
    if (again === 'at_once') continue;
    const visibleAt = epochMs(harness.clock.now() + VISIBILITY_MS);
    await harness.runToEnd(inOrder, undefined, visibleAt);
    harness.clock.advanceTo(visibleAt);
  }
  throw new Error(`the burial does not succeed: ${String(harness.errors.at(-1))}`);
}
