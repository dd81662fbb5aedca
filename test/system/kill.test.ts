import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { ApiClient } from '../support/api-client.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';

/** Few: what is special here is that the embedded emulators die as well. `test/chaos` handles the stack itself more roughly. */
const KILLS = 5;
const EXECUTIONS = 50;
const KEY = 'a-key-of-at-least-thirty-two-characters';
const READY_WITHIN_MS = 20_000;

let target: RecordingTarget;
let dataDir: string;
let port: number;
let child: ChildProcess | undefined;
let api: ApiClient;

/** The stack as a user starts it, on a data folder that outlives it. */
async function startStack(): Promise<void> {
  child = spawn(process.execPath, ['local/main.ts'], {
    env: {
      ...process.env,
      STEPWELL_DATA: dataDir,
      STEPWELL_API_KEY: KEY,
      PORT: String(port),
      STEPWELL_HTTP_ALLOW: target.authority,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const health = await fetch(`${api.url}/health`).catch(() => undefined);
    if (health?.status === 200) return;
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the stack does not become ready');
    await sleep(50);
  }
}

async function killStack(): Promise<void> {
  if (child === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

beforeAll(async () => {
  target = await startRecordingTarget({ delayMs: 40 });
  dataDir = await mkdtemp(join(tmpdir(), 'stepwell-kill-'));
  port = await freePort();
  api = new ApiClient(`http://127.0.0.1:${port}`, KEY);
});

afterAll(async () => {
  await killStack();
  await target.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/**
 *        ┌─ b ─┐
 *   a ───┤     ├─ d ─ e      c retries nothing, d joins
 *        └─ c ─┘
 */
function diamond() {
  const call = (id: string) => ({ url: `${target.url}/${id}/{{ execution.id }}` });
  return {
    name: 'diamond',
    nodes: {
      a: { type: 'http', with: call('a') },
      b: { type: 'http', needs: ['a'], with: call('b') },
      c: { type: 'http', needs: ['a'], with: call('c') },
      d: { type: 'http', needs: ['b', 'c'], with: call('d') },
      e: { type: 'http', needs: ['d'], with: call('e') },
    },
  };
}

/** Starts with an Idempotency-Key until it is accepted: the stack may die with the request in its hands. */
async function startOne(number: number): Promise<string> {
  for (;;) {
    try {
      const answer = await api.call('POST', '/v1/workflows/diamond/executions', {
        body: {},
        headers: { 'idempotency-key': `start-${number}` },
      });
      if (answer.status === 202) return answer.body.id as string;
    } catch {
      // Connection lost: the same request again.
    }
    await sleep(50);
  }
}

test('kill -9 of the local stack and its emulators 5 times during 50 executions: all succeed, no node reaches the target more often than 1 + kills', async () => {
  await startStack();
  await api.save(diamond());
  const ids: Promise<string>[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const batch = Array.from({ length: EXECUTIONS / KILLS }, (_, at) => startOne(kill * 100 + at));
    ids.push(...batch);
    // Anywhere in the work: from before the first start is answered to long after.
    await sleep(20 + ((kill * 97) % 400));
    await killStack();
    await startStack();
  }
  const restarted = Date.now();
  for (const id of await Promise.all(ids)) {
    const execution = await api.ended(id, 30_000);
    expect(execution.status, JSON.stringify(execution)).toBe('succeeded');
    for (const node of ['a', 'b', 'c', 'd', 'e']) {
      const calls = target.calls(`/${node}/${id}`);
      expect(calls.length).toBeGreaterThanOrEqual(1);
      expect(calls.length).toBeLessThanOrEqual(1 + KILLS);
      expect(new Set(calls.map(({ key }) => key))).toEqual(new Set([`${id}:${node}:1`]));
    }
  }
  console.log(
    `all ended ${Date.now() - restarted} ms after the last restart; ${target.all.length} calls for ${EXECUTIONS * 5} nodes`,
  );
  const listed = await api.call('GET', '/v1/executions?limit=200&status=running,pending');
  expect(listed.body.items).toEqual([]);
}, 170_000);
