import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../local/aws-identity.ts';
import { startBus, type BusEmulator } from '../../local/events/bus-server.ts';
import type { BusEvent } from '../../local/events/put-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwell-bus-'));
const file = join(folder, 'events.jsonl');
const told: BusEvent[] = [];
let bus: BusEmulator;
let client: EventBridgeClient;

beforeAll(async () => {
  bus = await startBus({ buses: ['ours'], file, onEvent: (event) => void told.push(event) });
  client = new EventBridgeClient({ ...clientOf(bus.endpoint), maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  await bus.stop();
  rmSync(folder, { recursive: true, force: true });
});

const entry = { EventBusName: 'ours', Source: 'stepwell', DetailType: 'Something', Detail: '{"a":1}' };
const put = (...entries: object[]) =>
  client.send(new PutEventsCommand({ Entries: entries.map((each) => ({ ...entry, ...each })) }));

describe('the bus emulator, as the SDK sees it', () => {
  test('keeps what it accepts before it answers, in the envelope that a rule’s target gets', async () => {
    const { FailedEntryCount, Entries } = await put(
      { Time: new Date('2026-11-21T12:00:00.500Z') },
      { Detail: '{"a":2}' },
    );
    expect(FailedEntryCount).toBe(0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const kept = lines.map((line) => JSON.parse(line) as BusEvent);
    expect(kept).toEqual(told);
    expect(kept.map(({ id }) => id)).toEqual(Entries?.map(({ EventId }) => EventId));
    expect(kept[0]).toMatchObject({ version: '0', source: 'stepwell', 'detail-type': 'Something', detail: { a: 1 } });
    expect(kept[1]?.detail).toEqual({ a: 2 });
  });

  test.each([
    [{ EventBusName: 'theirs' }, 'Event bus theirs does not exist'],
    [{ Detail: '[1]' }, 'Detail is malformed'],
    [{ Detail: 'no' }, 'Detail is malformed'],
    [{ TraceHeader: 'x' }, 'TraceHeader'],
  ])('%j is refused, and nothing of that call is kept', async (wrong, message) => {
    const before = told.length;
    await expect(put({}, wrong)).rejects.toThrow(message);
    expect(told).toHaveLength(before);
  });

  test('eleven entries are too many', async () => {
    await expect(put(...Array.from({ length: 11 }, () => ({})))).rejects.toThrow('expected array to have <=10 items');
  });

  test('another operation says so rather than nothing', async () => {
    await expect(client.send(new ListRulesCommand({}))).rejects.toThrow('knows PutEvents, not AWSEvents.ListRules');
  });
});
