import { BOUNDS, BYTES, copySteps, scanSteps, searchSteps } from './bounds.ts';
import { Trouble } from './trouble.ts';

/**
 * Owns what an evaluation may still spend. Every operator, call and loop round takes a step; whatever reads or builds
 * data takes steps for its size *before* it does so, so that the bound holds and not only its report.
 */
export class Meter {
  #steps: number = BOUNDS.stepsMax;
  #bytes: number = BOUNDS.allocatedBytesMax;
  readonly #zones = new Set<string>();

  get stepsUsed(): number {
    return BOUNDS.stepsMax - this.#steps;
  }

  get bytesUsed(): number {
    return BOUNDS.allocatedBytesMax - this.#bytes;
  }

  step(): void {
    if (--this.#steps < 0) exhausted('does too much work');
  }

  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) exhausted('does too much work');
  }

  /** Each character is looked at once: search, comparison. */
  scan(length: number): void {
    this.spend(scanSteps(length));
  }

  /**
   * Looking for a part in a text. V8 takes text × part for repetitive ones (measured: 315 ms for a thousand characters in
   * a megabyte of `a`, 28 s for a hundred thousand), so that is what is charged.
   */
  search(text: number, part: number): void {
    this.spend(scanSteps(text) + searchSteps(text, part));
  }

  allocate(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) exhausted('needs too much memory');
  }

  /** About to build a string of this length. */
  text(length: number): void {
    if (length > BOUNDS.stringLengthMax) exhausted(`builds a string longer than ${BOUNDS.stringLengthMax} characters`);
    this.spend(copySteps(length));
    this.allocate(length * BYTES.character + BYTES.element);
  }

  /** About to build a list of this many elements. */
  list(length: number): void {
    if (length > BOUNDS.listLengthMax) exhausted(`builds a list longer than ${BOUNDS.listLengthMax}`);
    this.spend(length);
    this.allocate(BYTES.object + length * BYTES.element);
  }

  /** About to build a map of this many entries. */
  map(entries: number): void {
    this.spend(entries * 4);
    this.allocate(BYTES.object + entries * BYTES.entry);
  }

  /** A zone's calendar is costly to load and kept: few of them in one evaluation. */
  zone(name: string): void {
    if (!this.#zones.has(name)) {
      if (this.#zones.size >= BOUNDS.zonesMax) exhausted(`uses more than ${BOUNDS.zonesMax} time zones`);
      this.#zones.add(name);
      this.spend(5_000);
    }
    this.spend(250);
  }
}

function exhausted(what: string): never {
  throw new Trouble('exhausted', `the expression ${what}`);
}
