import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleFunctions } from '../../lib/bundling/functions.ts';
import type { BusEvent } from '../../local/events/put-events.ts';
import type { ApiHandler } from '../../local/http/lambda-http.ts';
import type { QueueHandler } from '../../local/lambda/event-source-mapping.ts';
import type { SweeperHandler } from '../../local/lambda/sweeping.ts';
import { applyEnvironment } from '../../local/local-environment.ts';
import { registerApiKey } from '../../local/register-api-key.ts';
import { ScheduleStore } from '../../local/scheduler/schedule-store.ts';
import { startLocalStack } from '../../local/stack.ts';
import type { HandlerEnvironment, LocalStack } from '../../local/stack-options.ts';
import { ApiClient } from '../support/api-client.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';

/** All other tests run the sources; this one runs the very files that are uploaded, each as Lambda starts it. */
const folder = mkdtempSync(join(tmpdir(), 'stepwell-uploaded-'));
const data = mkdtempSync(join(tmpdir(), 'stepwell-data-'));
const events: BusEvent[] = [];
let target: RecordingTarget;
let stack: LocalStack;
let api: ApiClient;

/** A bundle reads its environment when it is loaded. The query makes two functions of one bundle two modules. */
async function handlerOf<T>(name: string, env: HandlerEnvironment): Promise<T> {
  const restore = applyEnvironment(env);
  try {
    const url = `${pathToFileURL(join(folder, name, 'index.mjs')).href}?${env['AWS_ACCESS_KEY_ID']}-${events.length}`;
    return ((await import(url)) as { handler: T }).handler;
  } finally {
    restore();
  }
}

beforeAll(async () => {
  await bundleFunctions(folder);
  target = await startRecordingTarget();
  stack = await startLocalStack({
    dataDir: data,
    port: 0,
    httpAllow: target.authority,
    stackOptions: { lifecycleEvents: true },
    onEvent: (event) => void events.push(event),
    createApiHandler: (env) => handlerOf<ApiHandler>('api', env),
    createWorkerHandler: (env) => handlerOf<QueueHandler>('worker', env),
    createDeadLettersHandler: (env) => handlerOf<QueueHandler>('dead-letters', env),
    createSweeperHandler: (env) => handlerOf<SweeperHandler>('sweeper', env),
    registerApiKey: async (key, env) => {
      await registerApiKey(key, env);
    },
  });
  api = new ApiClient(stack.url, stack.apiKey);
});

afterAll(async () => {
  await stack.stop();
  await target.stop();
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
});

const DEFINITION = (url: string) => `
name: uploaded
nodes:
  call: { type: http, with: { url: "${url}/x" } }
  large: { type: transform, needs: [call], with: { value: "{{ input.text }}" } }
output: "{{ nodes.large.output }}"
`;

test('YAML, a target, a value in S3, an event', async () => {
  const saved = await fetch(`${stack.url}/v1/workflows`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/yaml' },
    body: DEFINITION(target.url),
  });
  expect(await saved.json()).toEqual({ name: 'uploaded', version: 1 });
  // Random, or it would be compressed into the item.
  const text = Array.from({ length: 60_000 }, () => String.fromCodePoint(33 + Math.floor(Math.random() * 90))).join('');
  const id = await api.start('uploaded', { input: { text } });
  const execution = await api.ended(id);
  expect(execution.status).toBe('succeeded');
  expect((await api.results(id)).output).toBe(text);
  await expect.poll(() => events.length).toBe(1);
});

test('a timer by EventBridge Scheduler', async () => {
  await api.save({ name: 'far', nodes: { far: { type: 'wait', with: { duration: '2h' } } } });
  const id = await api.start('far');
  const schedules = new ScheduleStore(join(data, 'schedules.db'));
  await expect
    .poll(() => schedules.pending(10).map(({ body }) => body.Target.Input))
    .toEqual([expect.stringContaining(id)]);
  schedules.close();
});
