import {
  afterCall,
  BREAKER_FAILURES,
  BREAKER_FORGET_MS,
  BREAKER_OPEN_MS,
  CLOSED,
  gate,
  withProbe,
  type BreakerState,
  type OpenBreaker,
  type Verdict,
} from '../domain/breaker.ts';
import type { Refusal } from '../domain/execution/after-refusal.ts';
import { epochMs, type EpochMs } from '../domain/time.ts';
import type { Clock, EngineLog, Ids } from './ports.ts';

export interface BreakerKey {
  readonly workspace: string;
  readonly target: string;
}

export interface BreakerRecord {
  readonly state: BreakerState;
  /** Grows by one with every write; 1 for the first. */
  readonly rev: number;
  /** Names the write: an own one whose answer was lost is recognised. */
  readonly op: string;
  /** Reads as closed from then on, and may be removed. */
  readonly forgetAt: EpochMs;
}

export type BreakerWrite =
  | { readonly written: true }
  | { readonly written: false; readonly existing: BreakerRecord | undefined };

/** Where breakers lie for all workers to see. Every call may fail, or be applied without an answer. */
export interface BreakerStore {
  readBreaker(key: BreakerKey): Promise<BreakerRecord | undefined>;
  /** Writes if what is there has the revision before (1: if nothing is), or is this very write. */
  writeBreaker(key: BreakerKey, next: BreakerRecord): Promise<BreakerWrite>;
}

export interface Permit {
  /** How the call ended. Never rejects, and is over within {@link PATIENCE_MS}. */
  report(verdict: Verdict): Promise<void>;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly permit: Permit }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** How long a worker goes by what it read. Hence a healthy target costs one small read in this time, and no write. */
const FRESH_MS = 5_000;
/** The same of a target with failures, or that is open: others may know more. */
const FRESH_IN_TROUBLE_MS = 1_000;
/** A probe takes as long as its call; those that wait for its end ask again after this, not only when its slot expires. */
const RECHECK_MS = 10_000;
/** No call, and no commit, waits longer for its breaker. */
const PATIENCE_MS = 500;
/** A refused write is another's that was applied; that many failures open the breaker, and then there is nothing to write. */
const ROUNDS_MAX = BREAKER_FAILURES;
/** Targets come from data: a worker remembers this many of them, the ones that it met last. */
const KNOWN_MAX = 1_000;

/**
 * The breakers as one worker process sees them: what it knows of each, for how long, and how it changes them.
 *
 * B4. Nothing here fails an attempt. A store that fails, or takes too long, lets calls through and forgets reports.
 * B5. A healthy target is never written: successes are reported only by workers that know of failures. One that knows of
 *     none, by a read at most five seconds old, may thus let a success go uncounted between two failures of others.
 *
 * Dying between two calls, and answers that are lost:
 * - after a probe's slot was taken, before the call: the slot expires with the attempt's time and the next one probes.
 * - after the call, before its report: one failure or success goes uncounted; a probe's slot expires as above.
 * - the answer to a failure's report is lost: it carries the same operation (B1), written once more it changes nothing;
 *   unless a success was reported in between: then it is one failure in the row that begins there, as if it came later.
 * - the answer to a slot's taking is lost: repeated by the client, it is known by `op`; given up, the call goes out as
 *   B4 has it and its report, by the same operation, counts as the probe's if the slot was written after all.
 * - an attempt that runs twice (a zombie and its successor) makes two calls, and each counts.
 * - a late report, from before the breaker opened, or of a probe whose slot another has taken, changes nothing (B3).
 */
export class Breakers {
  readonly #store: BreakerStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: EngineLog;
  readonly #known = new Map<string, { readonly record: BreakerRecord | undefined; readonly freshUntil: EpochMs }>();
  readonly #reads = new Map<string, Promise<BreakerRecord | undefined>>();
  /** The last report under way of each target: reports of one process queue up instead of refusing each other's writes. */
  readonly #reports = new Map<string, Promise<void>>();

  constructor(deps: {
    readonly store: BreakerStore;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: EngineLog;
  }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#log = deps.log;
  }

  /** Asks for one call, which takes at most `callMs`. Whoever is admitted reports how it ended. */
  async admit(key: BreakerKey, callMs: number): Promise<Admission> {
    const by = this.#ids.operation();
    const permit: Permit = { report: (verdict) => this.#report(key, by, verdict) };
    const known = this.#fresh(key);
    const isClosed = known !== undefined && gate(this.#stateOf(known.record), this.#clock.now()).kind === 'pass';
    const refusal = isClosed ? undefined : await this.#within(key, this.#decide(key, by, callMs));
    return refusal === undefined ? { kind: 'admitted', permit } : { kind: 'refused', refusal };
  }

  /** Undefined: the call may be made. */
  async #decide(key: BreakerKey, by: string, callMs: number): Promise<Refusal | undefined> {
    let record = await this.#read(key);
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const now = this.#clock.now();
      const decided = gate(this.#stateOf(record), now);
      if (decided.kind === 'pass') return undefined;
      if (decided.kind === 'refuse') return this.#refusal(key, decided.state, decided.until);
      const write = await this.#write(key, record, withProbe(decided.state, { by, until: epochMs(now + callMs) }));
      if (write.written) return undefined;
      record = write.existing;
    }
    return undefined;
  }

  #refusal({ target }: BreakerKey, state: OpenBreaker, until: EpochMs): Refusal {
    const retryAt = state.status === 'open' ? until : epochMs(Math.min(until, this.#clock.after(RECHECK_MS)));
    return { target, state, retryAt };
  }

  #report(key: BreakerKey, by: string, verdict: Verdict): Promise<void> {
    // Without I/O where, by all that we know, there is nothing to say.
    if (this.#changed(this.#known.get(nameOf(key))?.record, by, verdict) === undefined) return Promise.resolve();
    return this.#within(
      key,
      this.#inTurn(nameOf(key), () => this.#writeReport(key, by, verdict)),
    );
  }

  async #writeReport(key: BreakerKey, by: string, verdict: Verdict): Promise<void> {
    let record = this.#known.get(nameOf(key))?.record;
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const state = this.#changed(record, by, verdict);
      if (state === undefined) return;
      const write = await this.#write(key, record, state);
      if (write.written) return this.#announce(key, this.#stateOf(record), state);
      record = write.existing;
    }
  }

  #changed(record: BreakerRecord | undefined, by: string, verdict: Verdict): BreakerState | undefined {
    const probeAt = this.#clock.after(BREAKER_OPEN_MS);
    return afterCall(this.#stateOf(record), { by, verdict, now: this.#clock.now(), probeAt });
  }

  #announce({ workspace, target }: BreakerKey, before: BreakerState, after: BreakerState): void {
    if (before.status === after.status) return;
    if (after.status === 'open') this.#log.warn('a circuit breaker opened', { workspace, target, ...after });
    else this.#log.info('a circuit breaker closed', { workspace, target });
  }

  #stateOf(record: BreakerRecord | undefined): BreakerState {
    return record === undefined || record.forgetAt <= this.#clock.now() ? CLOSED : record.state;
  }

  #fresh(key: BreakerKey): { readonly record: BreakerRecord | undefined } | undefined {
    const known = this.#known.get(nameOf(key));
    return known !== undefined && this.#clock.now() < known.freshUntil ? known : undefined;
  }

  /** What is known, or else read; attempts at one target that start together read once. */
  #read(key: BreakerKey): Promise<BreakerRecord | undefined> {
    const known = this.#fresh(key);
    if (known !== undefined) return Promise.resolve(known.record);
    const name = nameOf(key);
    const underWay = this.#reads.get(name);
    if (underWay !== undefined) return underWay;
    const read = this.#store
      .readBreaker(key)
      .then((record) => this.#learn(key, record))
      .finally(() => this.#reads.delete(name));
    this.#reads.set(name, read);
    return read;
  }

  async #write(key: BreakerKey, last: BreakerRecord | undefined, state: BreakerState): Promise<BreakerWrite> {
    const forgetAt = epochMs(this.#clock.now() + BREAKER_FORGET_MS);
    const next = { state, rev: (last?.rev ?? 0) + 1, op: this.#ids.operation(), forgetAt };
    const write = await this.#store.writeBreaker(key, next);
    this.#learn(key, write.written ? next : write.existing);
    return write;
  }

  #learn(key: BreakerKey, record: BreakerRecord | undefined): BreakerRecord | undefined {
    const name = nameOf(key);
    this.#known.delete(name);
    this.#known.set(name, { record, freshUntil: this.#freshUntil(this.#stateOf(record)) });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    return record;
  }

  #freshUntil(state: BreakerState): EpochMs {
    // Where probes come and go, only the table knows who is out.
    if (state.status === 'half_open') return this.#clock.now();
    const healthy = state.status === 'closed' && state.failures.length === 0;
    return this.#clock.after(healthy ? FRESH_MS : FRESH_IN_TROUBLE_MS);
  }

  async #inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#reports.get(name) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    this.#reports.set(name, mine);
    try {
      await mine;
    } finally {
      if (this.#reports.get(name) === mine) this.#reports.delete(name);
    }
  }

  /** B4: undefined when it fails or takes too long; it may still take effect later. */
  async #within<T>({ workspace, target }: BreakerKey, work: Promise<T>): Promise<T | undefined> {
    const tooLong = Promise.withResolvers<undefined>();
    const callOff = this.#clock.alarm(PATIENCE_MS, () => {
      this.#log.warn('the circuit breaker is slow; going on without', { workspace, target });
      tooLong.resolve(undefined);
    });
    try {
      return await Promise.race([work, tooLong.promise]);
    } catch (error) {
      this.#log.warn('the circuit breaker fails; going on without', { workspace, target, error: String(error) });
      return undefined;
    } finally {
      callOff();
    }
  }
}

function nameOf({ workspace, target }: BreakerKey): string {
  return `${workspace}#${target}`;
}
