import { VirtualClock } from '../../shared/adapters/memory/clock.ts';
import { MemoryWorkQueue } from '../../shared/adapters/memory/work-queue.ts';
import type { OpenQueue, QueueName, Received } from './queue-contract.ts';

const RECEIVE_MAX = 10;

/** The memory queue with its own clock: who waits for a message makes time pass. */
export function openMemoryQueue(): OpenQueue {
  const clock = new VirtualClock();
  const queue = new MemoryWorkQueue(clock);
  const visible = (from: QueueName) => queue.visible.filter(({ isolated }) => isolated === (from === 'isolated'));

  const receive = (id: string, visibilityMs: number): Received => {
    const { message, delivery } = queue.receive(id, visibilityMs);
    return {
      id,
      message,
      receiveCount: delivery.receiveCount,
      at: clock.now(),
      receipt: `${id}/${delivery.receiveCount}`,
    };
  };
  return {
    queue,
    now: () => clock.now(),
    receive: async (from, { visibilityMs, waitMs }) => {
      const end = clock.now() + waitMs;
      let next = queue.nextVisibleAt;
      while (visible(from).length === 0 && next !== undefined && next <= end) {
        clock.advanceTo(next);
        next = queue.nextVisibleAt;
      }
      return visible(from)
        .slice(0, RECEIVE_MAX)
        .map(({ id }) => receive(id, visibilityMs));
    },
    delete: async (_from, { id, receiveCount }) => queue.delete({ id, receiveCount }),
    parked: async () => queue.parked,
    delayed: async () =>
      queue.messages.filter(({ visibleAt, receiveCount }) => receiveCount === 0 && visibleAt > clock.now()).length,
  };
}
