import type { Clock } from './ports.ts';

/** Resolves after `ms`, or early when the signal aborts. */
export function sleep(clock: Pick<Clock, 'alarm'>, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const callOff = clock.alarm(ms, () => {
      signal?.removeEventListener('abort', wakeEarly);
      resolve();
    });
    const wakeEarly = () => {
      callOff();
      resolve();
    };
    signal?.addEventListener('abort', wakeEarly, { once: true });
  });
}
