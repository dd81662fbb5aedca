import type { ExecutionBody } from '../../shared/contracts/schemas.ts';
import type { Observer, RunResult } from './perform.ts';

type Counts = ExecutionBody['progress'];

/** What the lines are written to; a terminal says how large it is. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly rows?: number | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const BAR_WIDTH = 20;
const REDRAW_MS = 100;
const ROWS_DEFAULT = 24;
const COLUMNS_DEFAULT = 80;

/** One line per execution that is updated on a terminal; elsewhere a line when it starts, is decided on and ends. */
export function progressOn(screen: Screen, width: number): Observer & Disposable {
  return screen.isTTY === true ? new LiveProgress(screen, width) : new PlainProgress(screen, width);
}

/** For `--json`: nobody watches. */
export const SILENT: Observer & Disposable = {
  started: () => undefined,
  progress: () => undefined,
  decided: () => undefined,
  ended: () => undefined,
  [Symbol.dispose]: () => undefined,
};

class PlainProgress implements Observer, Disposable {
  readonly #screen: Screen;
  readonly #width: number;

  constructor(screen: Screen, width: number) {
    this.#screen = screen;
    this.#width = width;
  }

  started(id: string): void {
    this.#screen.write(`${id.padEnd(this.#width)}  started\n`);
  }

  progress(): void {
    // A log is no place for a line every quarter of a second.
  }

  decided(id: string, node: string): void {
    this.#screen.write(`${id.padEnd(this.#width)}  decision sent to ${node}\n`);
  }

  ended(result: RunResult): void {
    this.#screen.write(`${endLine(result, this.#width)}\n`);
  }

  [Symbol.dispose](): void {
    // Every line is complete already.
  }
}

/** The ones that run stand below the ones that ended; as many as the terminal has rows, or moving up would go wrong. */
class LiveProgress implements Observer, Disposable {
  readonly #screen: Screen;
  readonly #width: number;
  readonly #running = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;
  #ended: string[] = [];

  constructor(screen: Screen, width: number) {
    this.#screen = screen;
    this.#width = width;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  started(id: string): void {
    this.#running.set(id, 'started');
  }

  progress(id: string, counts: Counts): void {
    if (this.#running.has(id)) this.#running.set(id, countsLine(counts));
  }

  decided(id: string, node: string): void {
    if (this.#running.has(id)) this.#running.set(id, `decision sent to ${node}`);
  }

  ended(result: RunResult): void {
    this.#running.delete(result.id);
    this.#ended.push(endLine(result, this.#width));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#running.clear();
    this.#draw();
  }

  #draw(): void {
    const rows = Math.max(1, (this.#screen.rows ?? ROWS_DEFAULT) - 2);
    const columns = this.#screen.columns ?? COLUMNS_DEFAULT;
    const all = [...this.#running].map(([id, state]) => `${id.padEnd(this.#width)}  ${state}`);
    const live = all.slice(0, rows);
    if (all.length > rows) live[rows - 1] = `… and ${all.length - rows + 1} more`;
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : '';
    // A line that wraps would take two rows, and the next move up would stop short.
    const lines = [...this.#ended, ...live].map((line) => `\u001B[2K${line.slice(0, columns - 1)}\n`);
    this.#screen.write(`${up}${lines.join('')}\u001B[J`);
    this.#drawn = live.length;
    this.#ended = [];
  }
}

function countsLine({ total, succeeded, failed, skipped, cancelled, waiting, retrying, running }: Counts): string {
  const done = succeeded + failed + skipped + cancelled;
  const filled = total === 0 ? 0 : Math.floor((done / total) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const busy = Object.entries({ running, waiting, retrying }).filter(([, count]) => count > 0);
  return `${bar} ${done}/${total}  ${busy.map(([state, count]) => `${count} ${state}`).join(', ')}`;
}

function endLine({ id, status, durationMs, mismatches }: RunResult, width: number): string {
  const verdict = mismatches.length === 0 ? 'as expected' : 'NOT as expected';
  return `${id.padEnd(width)}  ${status} after ${(durationMs / 1_000).toFixed(1)} s, ${verdict}`;
}
