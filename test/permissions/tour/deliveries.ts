import type { QueueHandler } from '../../../local/lambda/event-source-mapping.ts';

/** A message's body, as far as the tour tells one from another. */
export interface Seen {
  readonly kind?: string;
  readonly ex?: string;
  readonly node?: string;
}

type Wanted = (message: Seen) => boolean;

/** What may happen to a message between its queue and its function. */
type Mishap =
  /** Its worker dies before it has done anything; it comes again, until it is dead. */
  | 'fails'
  /** It is gone, as if its worker had died right after it. */
  | 'lost';

interface Rule {
  readonly functionId: string;
  readonly mishap: Mishap;
  readonly wanted: Wanted;
}

/** Lets the tour decide what becomes of single messages. */
export class Deliveries {
  readonly #rules = new Set<Rule>();
  readonly #met: { readonly functionId: string; readonly message: Seen }[] = [];

  /** From now on; disposed of, it is over. `functionId` is the beginning of a logical id. */
  befalls(functionId: string, mishap: Mishap, wanted: Wanted): Disposable {
    const rule = { functionId, mishap, wanted };
    this.#rules.add(rule);
    return { [Symbol.dispose]: () => void this.#rules.delete(rule) };
  }

  /** How often something befell such a message. */
  count(wanted: Wanted): number {
    return this.#met.filter(({ message }) => wanted(message)).length;
  }

  wrap(functionId: string, handler: QueueHandler): QueueHandler {
    return async ({ Records }, context) => {
      const mishaps = Records.map(({ body }) => this.#mishapOf(functionId, body));
      const through = Records.filter((_, at) => mishaps[at] === undefined);
      const response = through.length === 0 ? undefined : await handler({ Records: through }, context);
      const failed = Records.filter((_, at) => mishaps[at] === 'fails');
      const again = failed.map(({ messageId }) => ({ itemIdentifier: messageId }));
      return { batchItemFailures: [...(response?.batchItemFailures ?? []), ...again] };
    };
  }

  #mishapOf(functionId: string, body: string): Mishap | undefined {
    const message = parse(body);
    const rule = [...this.#rules].find((one) => functionId.startsWith(one.functionId) && one.wanted(message));
    if (rule !== undefined) this.#met.push({ functionId, message });
    return rule?.mishap;
  }
}

function parse(body: string): Seen {
  try {
    return JSON.parse(body) as Seen;
  } catch {
    return {};
  }
}
