import type { BatchResultErrorEntry, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';

/** SendMessageBatch's limit. Ours are ids: ten are far from its limit of bytes. */
const BATCH_MAX = 10;

export type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** One message that is to leave. */
export interface Parcel {
  /** Its part of the request with which it leaves; told before anybody's entry is asked for. */
  readonly charge: (requests: number) => void;
  readonly entry: () => Entry;
}

/** Sends one batch; those that the queue did not take come back. */
type SendBatch = (entries: readonly SendMessageBatchRequestEntry[]) => Promise<readonly BatchResultErrorEntry[]>;

interface Waiting {
  readonly parcel: Parcel;
  readonly sent: PromiseWithResolvers<void>;
}

/**
 * Messages of many senders to one queue: those of one turn of the event loop leave together, ten in a request, and what does
 * not fill a request waits while another such one is under way. SQS bills requests, and each takes a third of a millisecond
 * of a busy worker's CPU.
 *
 * Each sender hears of his own messages only: what the queue did not take of others is not his fault. If the answer to a
 * request is lost, all in it are told that it failed, whether it arrived or not: their messages at hand come again and send
 * again, and a message that comes twice is a lost claim. If the process dies with messages waiting, nobody was told of them.
 */
export class GatheredSends {
  readonly #send: SendBatch;
  #waiting: Waiting[] = [];
  #isTurnOpen = false;
  #isOpenUnderWay = false;

  constructor(send: SendBatch) {
    this.#send = send;
  }

  /** Resolves when the queue has it. */
  add(parcel: Parcel): Promise<void> {
    const sent = Promise.withResolvers<void>();
    this.#waiting.push({ parcel, sent });
    if (!this.#isTurnOpen) queueMicrotask(() => this.#leave());
    this.#isTurnOpen = true;
    return sent.promise;
  }

  #leave(): void {
    this.#isTurnOpen = false;
    const leaving: Waiting[][] = [];
    while (this.#waiting.length >= BATCH_MAX) leaving.push(this.#waiting.splice(0, BATCH_MAX));
    const open = this.#isOpenUnderWay ? [] : this.#waiting.splice(0);
    if (open.length > 0) leaving.push(open);
    for (const batch of leaving) for (const { parcel } of batch) parcel.charge(1 / batch.length);
    for (const batch of leaving) void this.#sendAll(batch, batch === open);
  }

  async #sendAll(batch: readonly Waiting[], isOpen: boolean): Promise<void> {
    if (isOpen) this.#isOpenUnderWay = true;
    try {
      const failed = await this.#sendTwice(batch.map(({ parcel }, at) => ({ Id: String(at), ...parcel.entry() })));
      for (const [at, { sent }] of batch.entries()) {
        const fault = failed.get(String(at));
        if (fault === undefined) sent.resolve();
        else sent.reject(fault);
      }
    } catch (error) {
      for (const { sent } of batch) sent.reject(error);
    } finally {
      if (isOpen) {
        this.#isOpenUnderWay = false;
        this.#leave();
      }
    }
  }

  /** Once more for those alone that failed; what then fails is a fault, and the message at hand comes again. */
  async #sendTwice(entries: readonly SendMessageBatchRequestEntry[]): Promise<ReadonlyMap<string, Error>> {
    const faults = new Map<string, Error>();
    const again = new Set<string>();
    for (const { Id = '', SenderFault, Code, Message } of await this.#send(entries)) {
      if (SenderFault === true) faults.set(Id, new Error(`SQS refused a message: ${Code} ${Message}`));
      else again.add(Id);
    }
    if (again.size === 0) return faults;
    const failed = await this.#send(entries.filter(({ Id }) => again.has(Id ?? '')));
    for (const { Id = '', Message } of failed) faults.set(Id, new Error(`SQS did not take a message: ${Message}`));
    return faults;
  }
}
