import * as z from 'zod';

/**
 * What travels through the queue: ids, never data (protocol §3). `v` is the message version: missing means 1, and a
 * newer major is refused, so that the message is parked rather than misread.
 */
const MESSAGE_VERSION = 1;

const Base = {
  v: z.literal(MESSAGE_VERSION).default(MESSAGE_VERSION),
  ws: z.string(),
  ex: z.string(),
};

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
  /** The execution's time is over. */
  z.object({ ...Base, kind: z.literal('expire') }),
]);
export type WorkMessage = z.infer<typeof WorkMessage>;
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
