import type { Schedule, ScheduleStore } from './schedule-store.ts';

/** `setTimeout` overflows at 24.8 days, and a laptop that slept has to look at the clock again. */
const LOOK_AGAIN_MS = 30_000;
const RETRY_MS = 1_000;
const AT_ONCE_MAX = 100;

/** Delivers the target's input; throws if the queue did not take it. */
export type Deliver = (schedule: Schedule) => Promise<void>;

/**
 * Fires schedules when they are due, and at start those that came due meanwhile. At least once, as on AWS: a message is
 * sent before its schedule is settled.
 */
export class Firing {
  readonly #store: ScheduleStore;
  readonly #deliver: Deliver;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(store: ScheduleStore, deliver: Deliver) {
    this.#store = store;
    this.#deliver = deliver;
  }

  /** To be called at start and whenever a schedule was added. */
  wake(): void {
    this.#again = true;
    if (this.#stopped || this.#round !== undefined) return;
    this.#round = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      clearTimeout(this.#timer);
      const delivered = await this.#fireDue();
      const [next] = this.#store.pending(1);
      if (next === undefined || this.#stopped) continue;
      const wait = delivered ? Math.min(Math.max(next.dueAt - Date.now(), 0), LOOK_AGAIN_MS) : RETRY_MS;
      this.#timer = setTimeout(() => this.wake(), wait);
    }
    // In the same turn as the look at #again, or a wake in between would be lost.
    this.#round = undefined;
  }

  /** False if a delivery failed: everything due is tried again a little later. */
  async #fireDue(): Promise<boolean> {
    const due = this.#store.pending(AT_ONCE_MAX).filter((schedule) => schedule.dueAt <= Date.now());
    const results = await Promise.allSettled(due.map((schedule) => this.#fire(schedule)));
    return results.every((result) => result.status === 'fulfilled');
  }

  async #fire(schedule: Schedule): Promise<void> {
    await this.#deliver(schedule);
    const { GroupName, ActionAfterCompletion } = schedule.body;
    if (ActionAfterCompletion === 'DELETE') this.#store.delete(GroupName, schedule.name);
    else this.#store.markFired(GroupName, schedule.name);
  }
}
