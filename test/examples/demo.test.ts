import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../local/demo/main.ts');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function demo(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepwell-demo-'));
  mkdirSync(join(folder, 'wrong'));
  const nodes = { a: { type: 'http', with: { url: '{{ input.target }}/a' } } };
  // JSON is YAML.
  writeFileSync(join(folder, 'wrong/workflow.yaml'), JSON.stringify({ name: 'wrong', nodes }));
  const run = { description: '', input: {}, target: { 'GET /a': 200 } };
  const runs = [
    { ...run, name: 'right', expect: { status: 'succeeded', nodes: { a: 'succeeded' }, calls: { 'GET /a': 1 } } },
    { ...run, name: 'wrong', expect: { status: 'succeeded', nodes: { a: 'skipped' }, calls: { 'GET /a': 2 } } },
  ];
  writeFileSync(join(folder, 'wrong/example.json'), JSON.stringify({ description: '', runs }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('--json: one document on stdout, nothing else; retries, refunds and callbacks are in it', async () => {
  const { code, out, err } = await demo('--json', 'payment-recovers', 'expense-approval/approved');
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    runs: [
      { id: 'expense-approval/approved', status: 'succeeded', targetCalls: 1, mismatches: [] },
      {
        id: 'order-fulfilment/payment-recovers',
        status: 'succeeded',
        nodes: 8,
        retries: 2,
        targetCalls: 6,
        mismatches: [],
      },
    ],
  });
});

test('a recorded DAG runs in dependency order, each task once', async () => {
  const { code, out } = await demo('--json', '1000genome');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ runs: [{ nodes: 104, targetCalls: 104, retries: 0, mismatches: [] }] });
});

test('an execution that does not end as its example says is told, and the exit code is 1', async () => {
  const { code, out } = await demo('--examples', folder);
  expect(code).toBe(1);
  expect(out).toContain('status of node a: expected skipped, saw succeeded');
  expect(out).toContain('requests to GET /a: expected 2, saw 1');
  expect(out).toContain('1 did not end as their examples say');
});

test('a name that no example has is told with those that there are', async () => {
  const { code, out, err } = await demo('nonsense');
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('No example is called nonsense.');
  expect(err).toContain('  order-fulfilment/card-declined');
});

test('Ctrl-C stops it, and the exit code says so', async () => {
  // Waits for a decision that takes three hours to expire: it cannot end by itself meanwhile.
  const child = spawn(process.execPath, [MAIN, 'manager-is-silent']);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('started')) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([130, 'Interrupted; stopping the throw-away stack …\n']);
});
