import * as z from 'zod';

/**
 * What travels through the queue: ids, never data (protocol §3). `v` is the message version: missing means 1, and a
 * newer major is refused, so that the message is parked rather than misread.
 */
const MESSAGE_VERSION = 1;

const Envelope = {
  v: z.literal(MESSAGE_VERSION).default(MESSAGE_VERSION),
  ws: z.string(),
  /** What was used on its behalf before it was sent (`metering/tally.ts`). Nothing to the engine. */
  usage: z.string().optional(),
};

const Base = { ...Envelope, ex: z.string() };

export const WorkMessage = z.discriminatedUnion('kind', [
  /** Run the children listed in group `group` of the unit of `node`. */
  z.object({ ...Base, kind: z.literal('group'), node: z.string(), gen: z.number().int(), group: z.number().int() }),
  /**
   * Advance this one node from whatever state it is in. `recovery`: sent by recovery. `isolated`: it may have killed its
   * worker, so it runs alone, with nothing continued after it. A flag, because a message put back by hand keeps it.
   */
  z.object({
    ...Base,
    kind: z.literal('node'),
    node: z.string(),
    gen: z.number().int(),
    recovery: z.boolean().optional(),
    isolated: z.boolean().optional(),
  }),
  /** Look what has become of this execution and see that it goes on. `by`: the message whose leases are meant. */
  z.object({ ...Base, kind: z.literal('recover'), by: z.string().optional() }),
  /** A redrive opened this generation, or was about to: see what is left of it to do, and that the execution goes on. */
  z.object({ ...Base, kind: z.literal('redriven'), gen: z.number().int() }),
  /** The execution's time is over. */
  z.object({ ...Base, kind: z.literal('expire') }),
  /** Go on with this bulk replay of dead letters, from where its slice `slice` begins. Of no execution in particular. */
  z.object({ ...Envelope, kind: z.literal('replay'), job: z.string(), slice: z.number().int() }),
]);
export type WorkMessage = z.infer<typeof WorkMessage>;
export type ExecutionMessage = Exclude<WorkMessage, { kind: 'replay' }>;
export type MessageOf<K extends WorkMessage['kind']> = Extract<WorkMessage, { kind: K }>;

/** One delivery of a message to a worker. */
export interface Delivery {
  /** The message's id: the same in each of its deliveries. Leases name it. */
  readonly id: string;
  /** 1 the first time. */
  readonly receiveCount: number;
  /** From the isolated queue: one node, no continuation in this invocation. */
  readonly isolated: boolean;
}
