import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../loopback-server.ts';
import type { Deliver } from './firing.ts';
import { Firing } from './firing.ts';
import { ScheduleStore } from './schedule-store.ts';
import { SchedulerApi } from './scheduler-api.ts';

export interface SchedulerEmulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface SchedulerEmulatorOptions {
  /** SQLite file; undefined = in memory. */
  readonly file: string | undefined;
  readonly groups: readonly string[];
  readonly deliver: Deliver;
}

/** EventBridge Scheduler for one-time schedules with SQS targets. Fires at the very second; AWS takes up to 60 more. */
export async function startScheduler(options: SchedulerEmulatorOptions): Promise<SchedulerEmulator> {
  const store = new ScheduleStore(options.file);
  const firing = new Firing(store, options.deliver);
  const api = new SchedulerApi(store, options.groups, () => firing.wake());
  const server = createServer((request, response) => {
    answer(api, request, response).catch((error: unknown) => {
      response.writeHead(500, { 'x-amzn-errortype': 'InternalServerException' });
      response.end(JSON.stringify({ Message: String(error) }));
    });
  });
  const port = await listenOnLoopback(server, 0);
  firing.wake();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      await closeServer(server);
      await firing.stop();
      store.close();
    },
  };
}

async function answer(api: SchedulerApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, errorType, body } = api.answer({
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', 'http://127.0.0.1'),
    body: await text(request),
  });
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(errorType !== undefined && { 'x-amzn-errortype': errorType }),
  });
  response.end(JSON.stringify(body));
}
