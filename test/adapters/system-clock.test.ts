import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/adapters/system/clock.ts';

const STANDSTILL_MS = 40;

test('an alarm rings once, after its time, unless it is called off before or while it is about to ring', async () => {
  const rung: string[] = [];
  const clock = systemClock();
  clock.alarm(5, () => rung.push('one'));
  clock.alarm(5, () => rung.push('called off'))();
  const callOff = clock.alarm(1, () => rung.push('called off late'));
  // Runs in the same turn of the loop, after the alarm is due and before the loop has looked at its input.
  setTimeout(callOff, 2);
  standStill(10);
  await sleep(20);
  expect(rung).toEqual(['one']);
});

test('what came in while the process stood still is heard before an alarm that is due since', async () => {
  const heard: string[] = [];
  const server = createServer((socket) => socket.on('data', () => heard.push('answer'))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  await sleep(10);
  systemClock().alarm(STANDSTILL_MS / 4, () => heard.push('alarm'));
  client.write('x');
  standStill(STANDSTILL_MS);
  await sleep(20);
  expect(heard).toEqual(['answer', 'alarm']);
  client.destroy();
  server.close();
});

function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
