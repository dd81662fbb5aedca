import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupProblem } from './startup-problem.ts';

/** Grows when what is in the folder can no longer be read by an older Stepwell. */
const FORMAT = 1;

export interface Announcement {
  readonly url: string;
  readonly dynamodb: string;
  readonly sqs: string;
  readonly table: string | undefined;
}

export interface DataFolder {
  readonly path: string;
  readonly dynamodb: { readonly database: string; readonly pidFile: string };
  readonly fauxqs: string;
  readonly schedules: string;
  /** What was put on the event bus, a line each. */
  readonly events: string;
  /** Tells a second start who holds the folder, and `npm run keys` where the table is. */
  announce(running: Announcement): void;
  release(): void;
}

/**
 * Takes the folder that holds a local stack's state. It is locked by an open SQLite transaction: the system lets go of
 * that lock when the process dies, even by kill -9, so there is no such thing as a stale lock.
 */
export function openDataFolder(path: string): DataFolder {
  const folder = resolve(path);
  const holder = join(folder, 'running.json');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(join(folder, 'lock.db'), folder, holder);
    try {
      checkFormat(folder);
      writeFileSync(holder, JSON.stringify({ pid: process.pid }));
    } catch (error) {
      lock.close();
      throw error;
    }
    return {
      path: folder,
      dynamodb: { database: join(folder, 'dynamodb.db'), pidFile: join(folder, 'dynoxide.pid') },
      fauxqs: join(folder, 'fauxqs'),
      schedules: join(folder, 'schedules.db'),
      events: join(folder, 'events.jsonl'),
      announce: (running) => {
        writeFileSync(holder, JSON.stringify({ pid: process.pid, ...running }), { mode: 0o600 });
      },
      release: () => {
        rmSync(holder, { force: true });
        lock.close();
      },
    };
  } catch (error) {
    if (error instanceof StartupProblem) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupProblem(
      `The data folder ${folder} cannot be used (${reason}). Make it writable, or name another one: ` +
        'STEPWELL_DATA=/path/to/folder npm start',
      { cause: error },
    );
  }
}

function takeLock(file: string, folder: string, holder: string): DatabaseSync {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new StartupProblem(
      `The data folder ${folder} is in use by ${holderNamed(holder)}. Two stacks cannot share one folder: ` +
        'stop that one, or give this one its own, STEPWELL_DATA=.stepwell-2 PORT=3001 npm start',
      { cause: error },
    );
  }
}

function holderNamed(file: string): string {
  try {
    const { pid, url } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown; url?: unknown };
    return typeof url === 'string' ? `process ${String(pid)} (${url})` : `process ${String(pid)}`;
  } catch {
    return 'another Stepwell';
  }
}

function checkFormat(folder: string): void {
  const file = join(folder, 'format');
  let found: string;
  try {
    found = readFileSync(file, 'utf8').trim();
  } catch {
    writeFileSync(file, `${FORMAT}\n`);
    return;
  }
  if (found === String(FORMAT)) return;
  const how =
    Number(found) > FORMAT ? `was written by a newer Stepwell (format ${found})` : `has an unknown format (${found})`;
  throw new StartupProblem(
    `The data folder ${folder} ${how}; this one reads format ${FORMAT}. Start that Stepwell, ` +
      'or move the folder away (or delete it) and start again with an empty one.',
  );
}
