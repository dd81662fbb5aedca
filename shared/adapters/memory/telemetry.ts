import type { Telemetry } from '../../engine/ports.ts';

/** Counts nothing. */
export const NO_TELEMETRY: Telemetry = {
  executionStarted: () => undefined,
  executionEnded: () => undefined,
  nodeEnded: () => undefined,
  deadLetterFiled: () => undefined,
};
