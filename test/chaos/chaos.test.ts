import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFailed, test } from 'vitest';
import { chaos } from './chaos.ts';

const KILLS = 5;
const EXECUTIONS = 55;

test('kill -9 and failing servers: every accepted start ends once, and effects are repeated only where a fault hit them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepwell-chaos-'));
  let isKept = false;
  onTestFailed(() => {
    isKept = true;
    console.log(`ledger, database and the stack's log are in ${folder}`);
  });
  const seed = 7;
  const report = await chaos({
    kills: KILLS,
    executions: EXECUTIONS,
    seed,
    leases: 'told',
    folder,
    say: () => undefined,
  });
  expect(report.violations).toEqual([]);
  expect(report).toMatchObject({ kills: KILLS, executions: EXECUTIONS, lost: 0, doubled: 0 });
  expect(report.extraEffects).toBeLessThanOrEqual(report.hitEffects);
  if (!isKept) await rm(folder, { recursive: true, force: true });
}, 150_000);
