import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TotalsPublisher } from '../../../lambdas/runtime/totals-publisher.ts';
import { TotalsStore } from '../../../shared/adapters/aws/dynamo/totals-store.ts';
import { VirtualClock } from '../../../shared/adapters/memory/clock.ts';
import { Ledger, NO_TOTALS } from '../../../shared/metering/ledger.ts';
import { NO_USAGE, plus } from '../../../shared/metering/usage.ts';
import { AwsServices } from '../../contracts/aws-services.ts';

let services: AwsServices;
let store: TotalsStore;

beforeAll(async () => {
  services = await AwsServices.start();
  store = new TotalsStore(await services.newTable());
});

afterAll(() => services[Symbol.asyncDispose]());

let clock: VirtualClock;
let ledger: Ledger;
let warnings: string[];
let isDown: boolean;
let workspaces = 0;
let workspace: string;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 10, 30, 23, 59));
  ledger = new Ledger();
  warnings = [];
  isDown = false;
  workspaces += 1;
  workspace = `w${workspaces}`;
});

function publisher(): TotalsPublisher {
  const flaky = {
    add: (...args: Parameters<TotalsStore['add']>) => (isDown ? Promise.reject(new Error('down')) : store.add(...args)),
    read: (name: string) => store.read(name),
  };
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  return new TotalsPublisher(flaky, clock, log, ledger);
}

describe('what a process has counted', () => {
  test('is published at the end of its first invocation, then once a minute, and sums up', async () => {
    const publishing = publisher();
    ledger.use(workspace, { writeUnits: 17, gbSeconds: 0.25 });
    ledger.count(workspace, 'executions.started');
    await publishing.publishIfDue();
    const first = { usage: plus(NO_USAGE, { writeUnits: 17, gbSeconds: 0.25 }), counts: { 'executions.started': 1 } };
    expect(await publishing.read(workspace)).toEqual(first);

    ledger.use(workspace, { writeUnits: 1 });
    clock.advance(59_999);
    await publishing.publishIfDue();
    expect(await publishing.read(workspace)).toEqual(first);

    // Into another month's item.
    clock.advance(1);
    await publishing.publishIfDue();
    expect((await publishing.read(workspace)).usage.writeUnits).toBe(18);
    expect(ledger.unpublished(workspace)).toEqual(NO_TOTALS);
  });

  test('of several processes is one total', async () => {
    for (let process = 0; process < 3; process += 1) {
      ledger = new Ledger();
      ledger.count(workspace, 'nodes.ended.http', 10);
      await publisher().publishIfDue();
    }
    expect((await store.read(workspace)).counts).toEqual({ 'nodes.ended.http': 30 });
  });

  test('is kept for the next time when it cannot be published, and nobody fails', async () => {
    const publishing = publisher();
    ledger.use(workspace, { readUnits: 2 });
    isDown = true;
    await publishing.publishIfDue();
    expect(warnings).toEqual(['the totals could not be published; they are kept for the next time']);
    isDown = false;
    ledger.use(workspace, { readUnits: 3 });
    clock.advance(60_000);
    await publishing.publishIfDue();
    expect((await publishing.read(workspace)).usage).toEqual(plus(NO_USAGE, { readUnits: 5 }));
  });

  test('costs nothing where nothing was counted', async () => {
    isDown = true;
    await publisher().publishIfDue();
    expect(warnings).toEqual([]);
    expect(await store.read(workspace)).toEqual(NO_TOTALS);
  });
});
