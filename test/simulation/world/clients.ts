import type { ExecutionKey, NodeRecord } from '../../../shared/domain/execution/records.ts';
import type { BreakerStore } from '../../../shared/engine/breakers.ts';
import type { LifecycleEvent } from '../../../shared/domain/execution/lifecycle-event.ts';
import type {
  ExecutionStore,
  LifecycleEvents,
  OutgoingMessage,
  ReplayStore,
  WorkQueue,
} from '../../../shared/engine/ports.ts';
import type { Process } from './process.ts';
import type { RecordingStore } from './recording-store.ts';
import { executionOf, type SimulatedQueue } from './queue.ts';

/** The store as one process reaches it: every method is a call through the network. */
export function storeClient(process: Process, store: RecordingStore): ExecutionStore {
  const call = <T>(name: string, { execution }: { execution: string }, apply: () => Promise<T>, about = '') =>
    process.call({ name, execution, about: `${execution} ${about}` }, apply);
  /**
   * As the DynamoDB store does it: write and read are under way at the same time, and a write that the client repeats is
   * followed by another read. `seen`: how many changes the store had applied when the request left.
   */
  const beside = async <T>(
    name: string,
    key: ExecutionKey,
    apply: (seen: number) => Promise<T>,
    about: string,
    alongside?: () => Promise<unknown>,
  ): Promise<T> => {
    let seen = 0;
    let sends = 0;
    const onSend = () => {
      sends += 1;
      seen = store.changesOf(key).length;
    };
    const { execution } = key;
    const write = process.call({ name, execution, about: `${execution} ${about}`, onSend }, () => apply(seen));
    const [result] = await Promise.all([write, alongside?.()]);
    if (sends > 1) await alongside?.();
    return result;
  };
  const nodeText = ({ node, status, fence, op }: NodeRecord) => `${node} ${status} fence ${fence} ${op}`;
  return {
    createHeader: (header) => call('createHeader', header, () => store.createHeader(header), header.op),
    readHeader: (key) => call('readHeader', key, () => store.readHeader(key)),
    replaceHeader: (next) =>
      call('replaceHeader', next, () => store.replaceHeader(next), `rev ${next.rev} ${next.status} ${next.op}`),
    // The memory store keeps every value in its record: there is nothing to fetch.
    load: (value) => store.load(value),
    readNode: (key, node) => call('readNode', key, () => store.readNode(key, node), node.node),
    readNodes: (key, nodes, depth) =>
      call('readNodes', key, () => store.readNodes(key, nodes, depth), nodes.map(({ node }) => node).join()),
    readAll: (key, depth) => call('readAll', key, () => store.readAll(key, depth)),
    writeNode: (key, record, expected, alongside) =>
      beside('writeNode', key, (seen) => store.writeNode(key, record, expected, seen), nodeText(record), alongside),
    arrive: (key, set, elements) =>
      call(
        'arrive',
        key,
        () => store.arrive(key, set, elements),
        `${set.join} ${set.level}.${set.chunk} ${elements.join()}`,
      ),
    takeGroup: (key, group, alongside) =>
      beside(
        'takeGroup',
        key,
        (seen) => store.takeGroup(key, group, seen),
        `${group.node} ${group.group} ${group.op}`,
        alongside,
      ),
    fileDeadLetter: (letter) => call('fileDeadLetter', letter, () => store.fileDeadLetter(letter), letter.node),
    readDeadLetter: (key) => call('readDeadLetter', key, () => store.readDeadLetter(key), key.node),
    deadLettersOf: (key) => call('deadLettersOf', key, () => store.deadLettersOf(key)),
    closeDeadLetter: (key, closing) =>
      call(
        'closeDeadLetter',
        key,
        () => store.closeDeadLetter(key, closing),
        `${key.node} ${closing.status} ${closing.op}`,
      ),
    dueForCheck: (query) =>
      process.call({ name: 'dueForCheck', about: String(query.shard) }, () => store.dueForCheck(query)),
  };
}

/** The breakers' records as one process reaches them. */
export function breakerClient(process: Process, store: BreakerStore): BreakerStore {
  return {
    readBreaker: (key) => process.call({ name: 'readBreaker', about: key.target }, () => store.readBreaker(key)),
    writeBreaker: (key, next) =>
      process.call({ name: 'writeBreaker', about: `${key.target} ${next.op}` }, () => store.writeBreaker(key, next)),
  };
}

/** Bulk replays as one process reaches them. */
export function replayClient(process: Process, store: ReplayStore): ReplayStore {
  return {
    createJob: (job) => process.call({ name: 'createJob', about: job.job }, () => store.createJob(job)),
    readJob: (key) => process.call({ name: 'readJob', about: key.job }, () => store.readJob(key)),
    advanceJob: (next) => process.call({ name: 'advanceJob', about: next.job }, () => store.advanceJob(next)),
    openLetters: (query) =>
      process.call({ name: 'openLetters', about: query.workspace }, () => store.openLetters(query)),
  };
}

/** The bus as one process reaches it: what it accepted is kept. */
export function busClient(process: Process, accepted: LifecycleEvent[]): LifecycleEvents {
  return {
    publish: (event) => {
      const { execution, generation, status } = event;
      return process.call({ name: 'publish', execution, about: `${execution} ${generation} ${status}` }, () => {
        accepted.push(event);
        return Promise.resolve();
      });
    },
  };
}

/** The queue as one process reaches it. `hops`: how many invocations the chain of messages has behind it. */
export function queueClient(process: Process, queue: SimulatedQueue, hops: number): WorkQueue {
  return {
    send: async (messages) => {
      const [first] = messages;
      if (first === undefined) return;
      const about = messages
        .map(({ message }) => `${message.kind}${'node' in message ? ` ${message.node}` : ''}`)
        .join();
      const execution = executionOf(first);
      const now = process.clock.now();
      const send = (batch: readonly OutgoingMessage[]) =>
        process.call({ name: 'send', execution, about: `${execution} ${about}` }, () => {
          queue.accept(batch, now, hops);
          return Promise.resolve();
        });
      // Ten at a time, side by side: some may leave while others do not.
      const batches: Promise<void>[] = [];
      for (let at = 0; at < messages.length; at += SEND_MAX) batches.push(send(messages.slice(at, at + SEND_MAX)));
      await Promise.all(batches);
    },
    park: (body) =>
      process.call({ name: 'park' }, () => {
        queue.parked.push(body);
        return Promise.resolve();
      }),
  };
}

const SEND_MAX = 10;

/** Loading a plan is a read, too, in a process that has not seen it before. */
export function loadThrough<T>(process: Process, { workspace }: Pick<ExecutionKey, 'workspace'>, plan: T): Promise<T> {
  return process.call({ name: 'loadPlan', about: workspace }, () => Promise.resolve(plan));
}
