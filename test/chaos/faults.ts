/**
 * What may become of a request on its way to an emulator.
 *
 * | fault | forwarded | answered |
 * | --- | --- | --- |
 * | `reset` | no | connection cut |
 * | `server_error`, `unavailable`, `throttled` | no | 500, 503, the service's throttle |
 * | `answer_lost` | yes | connection cut |
 * | `applied_error` | yes | 500 |
 * | `unanswered` | yes | never; the client gives up |
 * | `delayed` | after a while | as the emulator says |
 * | `late` | yes | as the emulator says, after a while |
 */
export const FAULT_KINDS = [
  'reset',
  'server_error',
  'unavailable',
  'throttled',
  'answer_lost',
  'applied_error',
  'unanswered',
  'delayed',
  'late',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Of those that only take time. */
  readonly delayMs: number;
}

/** Whether the client is told anything but the truth. */
export function failsTheCall(kind: FaultKind): boolean {
  return kind !== 'delayed' && kind !== 'late';
}

export function isForwarded(kind: FaultKind): boolean {
  return ['answer_lost', 'applied_error', 'unanswered', 'delayed', 'late'].includes(kind);
}
