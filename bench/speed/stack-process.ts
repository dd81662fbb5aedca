import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { processorTime, type ProcessorTime } from '../harness/processor-time.ts';
import { TemporaryFolder } from '../harness/temporary-folder.ts';

const READY = /ready on (http:\S+) /;
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 20_000;

/** A local stack in a process of its own, as a user starts it, with its data on disk in a folder that goes with it. */
export class StackProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: TemporaryFolder;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, url: string, folder: TemporaryFolder, kill: () => void) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
    this.#kill = kill;
  }

  /** `script`: relative to the repository. It has to say "ready on <url> " on stdout. */
  static async start(script: string, env: Readonly<Record<string, string>>): Promise<StackProcess> {
    const folder = new TemporaryFolder();
    const child = spawn(process.execPath, [script], {
      cwd: REPOSITORY,
      env: { ...process.env, PORT: '0', STEPWELL_DATA: folder.path, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const kill = (): void => void child.kill('SIGKILL');
    // The folder's own listener comes before: a process that writes on would fill what was removed.
    process.prependOnceListener('exit', kill);
    const url = await readyUrl(child, script);
    return new StackProcess(child, url, folder, kill);
  }

  /** Of the process and what it started, databases included. */
  processorTime(): ProcessorTime | undefined {
    return this.#child.pid === undefined ? undefined : processorTime(this.#child.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    const timer = setTimeout(this.#kill, STOP_WITHIN_MS);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await exited;
    clearTimeout(timer);
    process.removeListener('exit', this.#kill);
    this.#folder[Symbol.dispose]();
  }
}

/** @throws if it ends, or says nothing for too long. */
async function readyUrl(child: ChildProcess, script: string): Promise<string> {
  if (child.stdout === null) throw new Error('a child process without stdout');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Read to its end, or the child would wait for somebody to read.
  createInterface(child.stdout).on('line', (line) => {
    const url = READY.exec(`${line} `)?.[1];
    if (url !== undefined) resolve(url);
  });
  child.once('exit', (code) => reject(new Error(`${script} ended with code ${code} before it was ready`)));
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${script} was not ready within ${READY_WITHIN_MS / 1_000} s`));
  }, READY_WITHIN_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
