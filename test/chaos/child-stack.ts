import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ENV } from '../../shared/config/env.ts';

const MAIN = fileURLToPath(new URL('../../local/main.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;

export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly logFile: string;
  readonly leases: 'expire' | 'told';
}

/** The local stack as a user starts it, in a process that can be killed. */
export class ChildStack {
  /** How often it ended although nobody had killed it. */
  crashes = 0;
  /** When it was told that the one before is dead. */
  readonly epochs: number[] = [];
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #killed = false;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  start(): void {
    const { env, port, logFile, leases } = this.#options;
    const epoch = Date.now();
    if (leases === 'told') this.epochs.push(epoch);
    const log = openSync(logFile, 'a');
    this.#killed = false;
    const child = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        ...env,
        PORT: String(port),
        // There is never a second one beside it.
        ...(leases === 'told' && { [ENV.leaseEpoch]: String(epoch) }),
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.once('exit', () => {
      if (!this.#killed) this.crashes += 1;
    });
    this.#child = child;
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const health = await fetch(`${this.url}/health`).catch(() => undefined);
      await health?.body?.cancel();
      if (health?.status === 200) return;
      if (Date.now() > deadline) throw new Error('the stack does not become ready');
      if (this.#child?.exitCode !== null) throw new Error('the stack ended while it started');
      await sleep(POLL_MS);
    }
  }

  /** `kill -9`. Synchronous: whoever calls it has chosen the instant. */
  kill(): void {
    this.#killed = true;
    this.#child?.kill('SIGKILL');
  }

  async gone(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await once(child, 'exit');
  }
}
