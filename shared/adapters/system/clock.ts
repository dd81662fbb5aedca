import { epochMs } from '../../domain/time.ts';
import type { Clock } from '../../engine/ports.ts';

/** The wall clock. `rate`: timers run that many times faster (local stack), while what is measured stays real time. */
export function systemClock(rate = 1): Clock {
  const now = () => epochMs(Date.now());
  return {
    now,
    after: (ms) => epochMs(now() + Math.ceil(ms / rate)),
    alarm: (ms, ring) => {
      let afterInput: NodeJS.Immediate | undefined;
      // After a standstill node runs what is due before it looks at what has come in.
      const timer = setTimeout(() => (afterInput = setImmediate(ring)), Math.min(ms, TIMER_MS_MAX));
      return () => {
        clearTimeout(timer);
        clearImmediate(afterInput);
      };
    },
  };
}

/** Node fires timers beyond 2^31 - 1 ms at once. */
const TIMER_MS_MAX = 2_147_483_647;
