import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 300_000;

/** Asks until the answer is yes. */
export async function until(what: string, everyMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${WITHIN_MS / 1_000} s: ${what}`);
    await sleep(everyMs);
  }
}
