import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { StartupProblem } from '../startup-problem.ts';
import { CreateScheduleBody } from './schedule-request.ts';

export interface Schedule {
  readonly name: string;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly body: CreateScheduleBody;
}

const Row = z.object({ name: z.string(), due_at: z.number(), created_at: z.number(), body: z.string() });

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS schedules (
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    fired INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL,
    PRIMARY KEY (group_name, name)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS pending ON schedules (due_at) WHERE fired = 0;
`;

/** Schedules on disk: what was acknowledged survives kill -9. `undefined` keeps them in memory. */
export class ScheduleStore {
  readonly #database: DatabaseSync;

  constructor(file: string | undefined) {
    this.#database = open(file);
  }

  get(group: string, name: string): Schedule | undefined {
    const row = this.#database.prepare('SELECT * FROM schedules WHERE group_name = ? AND name = ?').get(group, name);
    return row === undefined ? undefined : scheduleOf(row);
  }

  insert(schedule: Schedule): void {
    this.#database
      .prepare('INSERT INTO schedules (group_name, name, due_at, created_at, body) VALUES (?, ?, ?, ?, ?)')
      .run(schedule.body.GroupName, schedule.name, schedule.dueAt, schedule.createdAt, JSON.stringify(schedule.body));
  }

  /** False if there was none. */
  delete(group: string, name: string): boolean {
    const { changes } = this.#database
      .prepare('DELETE FROM schedules WHERE group_name = ? AND name = ?')
      .run(group, name);
    return changes > 0;
  }

  /** A schedule that is not deleted after completion stays, inert, as on AWS. */
  markFired(group: string, name: string): void {
    this.#database.prepare('UPDATE schedules SET fired = 1 WHERE group_name = ? AND name = ?').run(group, name);
  }

  /** The pending ones, earliest first. */
  pending(limit: number): Schedule[] {
    const rows = this.#database.prepare('SELECT * FROM schedules WHERE fired = 0 ORDER BY due_at LIMIT ?').all(limit);
    return rows.map(scheduleOf);
  }

  close(): void {
    this.#database.close();
  }
}

function scheduleOf(row: unknown): Schedule {
  const { name, due_at: dueAt, created_at: createdAt, body } = Row.parse(row);
  return { name, dueAt, createdAt, body: CreateScheduleBody.parse(JSON.parse(body)) };
}

function open(file: string | undefined): DatabaseSync {
  try {
    const database = new DatabaseSync(file ?? ':memory:');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    throw new StartupProblem(
      `The schedules in ${file ?? 'memory'} cannot be opened (${error instanceof Error ? error.message : String(error)}).\n` +
        'Move the data folder away to keep a copy, or delete it, and start again; a new one is made.',
      { cause: error },
    );
  }
}
