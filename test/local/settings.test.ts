import { expect, test } from 'vitest';
import { dynoxideBinary } from '../../local/emulators/dynoxide-binary.ts';
import { readSettings } from '../../local/settings.ts';
import { StartupProblem } from '../../local/startup-problem.ts';

test('without any variable the defaults are those of the documentation', () => {
  expect(readSettings({})).toEqual({
    dataDir: '.stepwell',
    port: 3000,
    apiKey: undefined,
    clockRate: undefined,
    httpAllow: undefined,
    dynamodbEndpoint: undefined,
    sqsEndpoint: undefined,
  });
});

test('what is set is taken', () => {
  const key = 'k'.repeat(32);
  expect(
    readSettings({
      STEPWELL_DATA: '/tmp/x',
      PORT: '3001',
      STEPWELL_API_KEY: key,
      STEPWELL_CLOCK_RATE: '60',
      STEPWELL_HTTP_ALLOW: '127.0.0.1:9000, [::1]:80',
      DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000',
    }),
  ).toMatchObject({
    dataDir: '/tmp/x',
    port: 3001,
    apiKey: key,
    clockRate: 60,
    dynamodbEndpoint: 'http://127.0.0.1:8000',
  });
});

test.each([
  [{ PORT: '70000' }, 'PORT=3001 npm start'],
  [{ PORT: '30x' }, 'PORT=3001 npm start'],
  [{ STEPWELL_CLOCK_RATE: '0' }, 'STEPWELL_CLOCK_RATE=60 npm start'],
  [{ STEPWELL_CLOCK_RATE: 'fast' }, 'STEPWELL_CLOCK_RATE=60 npm start'],
  [{ STEPWELL_API_KEY: 'short' }, 'at least 32'],
  [{ STEPWELL_API_KEY: `${'k'.repeat(31)} ` }, 'at least 32'],
  [{ STEPWELL_HTTP_ALLOW: 'http://localhost:9000' }, 'list of host:port'],
  [{ DYNAMODB_ENDPOINT: 'localhost:8000' }, 'DYNAMODB_ENDPOINT=http://127.0.0.1:8000'],
])('%j is a problem that says what to do', (env, advice) => {
  expect(() => readSettings(env)).toThrow(StartupProblem);
  expect(() => readSettings(env)).toThrow(advice);
});

test('a platform without a binary is told which ones there are, and the way out', () => {
  expect(() => dynoxideBinary('freebsd', 'x64')).toThrow(StartupProblem);
  expect(() => dynoxideBinary('freebsd', 'x64')).toThrow(/freebsd-x64.*linux-arm64.*DYNAMODB_ENDPOINT=/s);
});
