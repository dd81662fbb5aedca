import * as z from 'zod';
import { WorkMessage } from '../../shared/engine/messages.ts';

const Names = z.array(z.object({ name: z.string() }));
const Message = z.object({ body: z.string() });
const Inspection = z.object({
  messages: z.object({
    ready: z.array(Message),
    delayed: z.array(Message),
    inflight: z.array(z.object({ message: Message })),
  }),
});

export interface Left {
  /** By queue; those that are delayed guards are not among them. */
  readonly messages: ReadonlyMap<string, readonly string[]>;
  /** Look after an execution in half a minute, in case that somebody dies meanwhile: nothing that is still to be done. */
  readonly guards: number;
}

const GUARDS: ReadonlySet<string> = new Set(['recover', 'redriven']);

/** What lies in the queues of fauxqs, hidden and delayed messages included. Looks, and takes nothing. */
export async function messagesLeft(sqs: string): Promise<Left> {
  const queues = Names.parse(await inspect(`${sqs}/_fauxqs/queues`));
  const messages = new Map<string, readonly string[]>();
  let guards = 0;
  for (const { name } of queues) {
    const { ready, delayed, inflight } = Inspection.parse(await inspect(`${sqs}/_fauxqs/queues/${name}`)).messages;
    const late = delayed.filter(({ body }) => !isGuard(body));
    guards += delayed.length - late.length;
    const bodies = [...ready, ...late, ...inflight.map(({ message }) => message)].map(({ body }) => body);
    if (bodies.length > 0) messages.set(name, bodies);
  }
  return { messages, guards };
}

function isGuard(body: string): boolean {
  return GUARDS.has(WorkMessage.parse(JSON.parse(body)).kind);
}

async function inspect(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} was answered ${answer.status}`);
  return answer.json();
}
