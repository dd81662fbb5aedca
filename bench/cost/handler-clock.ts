import type { Context } from 'aws-lambda';

const MS_PER_SECOND = 1_000;
const MB_PER_GB = 1_024;

/** Invocations of a function and how long they took here. */
export class HandlerClock {
  invocations = 0;
  gbSeconds = 0;
  underWay = 0;

  /** The same handler, watched. */
  watch<E, R>(
    handler: (event: E, context: Context) => Promise<R>,
    memoryMb: number,
  ): (event: E, context: Context) => Promise<R> {
    return async (event, context) => {
      const startedAt = performance.now();
      this.invocations += 1;
      this.underWay += 1;
      try {
        return await handler(event, context);
      } finally {
        this.underWay -= 1;
        this.gbSeconds += ((performance.now() - startedAt) / MS_PER_SECOND) * (memoryMb / MB_PER_GB);
      }
    };
  }

  reset(): void {
    this.invocations = 0;
    this.gbSeconds = 0;
  }
}
