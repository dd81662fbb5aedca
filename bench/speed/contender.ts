import type { ProcessorTime } from '../harness/processor-time.ts';

/** What both contenders run: a chain of 10, and 1 → 100 → 1. Every node calls the target. */
export const SHAPES = { chain10: { nodes: 10 }, fan100: { nodes: 102 } } as const;
export type Shape = keyof typeof SHAPES;

/** How wide a fan-out is between its two ends. */
export const FAN_WIDTH = SHAPES.fan100.nodes - 2;

/** Stepwell or the bare loop, each as a process of its own; the race does not know which it drives. */
export interface Contender extends AsyncDisposable {
  readonly name: 'stepwell' | 'bare';
  /** Resolves when the start was accepted, with what {@link ended} wants. `tag` names the execution to the target. */
  start(shape: Shape, tag: string): Promise<string>;
  /** Resolves when this execution has ended, not only its last call. */
  ended(execution: string): Promise<void>;
  /** Resolves when nothing is under way any more. */
  drained(): Promise<void>;
  /** @throws if not all of the executions that were started so far have succeeded. */
  verify(): Promise<void>;
  processorTime(): ProcessorTime | undefined;
}
