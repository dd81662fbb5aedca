import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { StartupProblem } from '../startup-problem.ts';
import { dynoxideBinary } from './dynoxide-binary.ts';
import { commandLineOf, killWhenWeDie, sendSignal } from './process-watch.ts';

const READY_WITHIN_MS = 10_000;
const READY_POLL_MS = 10;
const STOP_WITHIN_MS = 3_000;
/** The port is free when we look and may be taken when dynoxide binds it. */
const PORT_TRIES = 3;

/** Where a persistent stack keeps the database; without it everything is in memory. */
export interface DynoxideFiles {
  readonly database: string;
  readonly pidFile: string;
}

export interface Dynoxide {
  readonly endpoint: string;
  readonly pid: number;
  /** Settles if it ends although nobody stopped it. */
  readonly crashed: Promise<Error>;
  stop(): Promise<void>;
}

/** Starts the embedded DynamoDB as a child that cannot outlive this process and hold the database. */
export async function startDynoxide(files: DynoxideFiles | undefined): Promise<Dynoxide> {
  if (files !== undefined) await killLeftover(files);
  const binary = dynoxideBinary();
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const started = await launch(binary, port, files);
    if (started.kind === 'ready') return started.dynoxide;
    const portTaken = /address (already )?in use|AddrInUse/i.test(started.stderr);
    if (!portTaken || attempt === PORT_TRIES) throw startupProblem(started, files);
  }
}

type Launched =
  | { readonly kind: 'ready'; readonly dynoxide: Dynoxide }
  | { readonly kind: 'failed'; readonly stderr: string };

async function launch(binary: string, port: number, files: DynoxideFiles | undefined): Promise<Launched> {
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port)];
  if (files !== undefined) args.push('--db-path', files.database);
  // Detached: Ctrl-C reaches the terminal's whole group, and the database has to outlast the workers that are finishing.
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, windowsHide: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000);
  });
  const exited = once(child, 'exit').catch((error: unknown) => [String(error)]);
  if (child.pid === undefined) {
    throw new StartupProblem(`${binary} cannot be run (${String((await exited)[0])}). Install again: npm ci`);
  }
  const callOff = killWhenWeDie(child.pid);
  void exited.then(callOff);
  if (files !== undefined) await writeFile(files.pidFile, String(child.pid));
  if (!(await accepts(port, child))) {
    child.kill('SIGKILL');
    await exited;
    if (files !== undefined) await rm(files.pidFile, { force: true });
    return { kind: 'failed', stderr };
  }
  return { kind: 'ready', dynoxide: running(child, child.pid, port, exited, () => stderr, files) };
}

function running(
  child: ChildProcess,
  pid: number,
  port: number,
  exited: Promise<unknown>,
  stderr: () => string,
  files: DynoxideFiles | undefined,
): Dynoxide {
  let stopping = false;
  const crashed = new Promise<Error>((resolve) => {
    void exited.then(() => {
      if (!stopping) resolve(new Error(`The embedded DynamoDB (dynoxide, pid ${pid}) ended by itself. ${stderr()}`));
    });
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
    if (files !== undefined) await rm(files.pidFile, { force: true });
  };
  return { endpoint: `http://127.0.0.1:${port}`, pid, crashed, stop };
}

/** True once the port answers, false if the process ends or takes too long. */
async function accepts(port: number, child: ChildProcess): Promise<boolean> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < giveUpAt) {
    if (await connects(port)) return child.exitCode === null;
    await delay(READY_POLL_MS);
  }
  return false;
}

async function connects(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

/** Where the watchdog could not work (Windows, or it was killed too), a dynoxide of this folder may still hold the database. */
async function killLeftover(files: DynoxideFiles): Promise<void> {
  const pid = Number(await readFile(files.pidFile, 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 0) return;
  if (!(await commandLineOf(pid)).includes(files.database)) return;
  sendSignal(pid, 'SIGKILL');
  const giveUpAt = Date.now() + STOP_WITHIN_MS;
  while (sendSignal(pid, 0) && Date.now() < giveUpAt) await delay(READY_POLL_MS);
}

function startupProblem(failed: { readonly stderr: string }, files: DynoxideFiles | undefined): StartupProblem {
  const said = failed.stderr.trim() === '' ? 'It said nothing.' : `It said: ${failed.stderr.trim()}`;
  return new StartupProblem(
    files === undefined
      ? `The embedded DynamoDB (dynoxide) does not start. ${said}`
      : `The database ${files.database} cannot be opened. ${said}\n` +
          'Move its folder away to keep a copy, or delete it, and start again; a new one is made.',
  );
}
