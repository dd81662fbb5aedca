import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { logContext, withLogContext } from '../../../lambdas/runtime/log-context.ts';
import { createLogger } from '../../../lambdas/runtime/logger.ts';

const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
  for (const method of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line: unknown) => void lines.push(String(line)));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const written = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a log line', () => {
  test('says for which execution of which workspace it was written, wherever that was', async () => {
    const logger = createLogger('worker');
    await Promise.all(
      ['one', 'two'].map((execution) =>
        withLogContext({ workspace: 'default', execution }, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          logger.info(`about ${execution}`, { node: 'a' });
        }),
      ),
    );
    expect(written()).toMatchObject(
      ['one', 'two'].map((execution) => ({
        level: 'INFO',
        message: `about ${execution}`,
        service: 'worker',
        workspace: 'default',
        execution,
        node: 'a',
      })),
    );
  });

  test('says nothing of an execution where there is none', () => {
    createLogger('sweeper').warn('swept');
    expect(written()[0]).not.toHaveProperty('execution');
    expect(logContext()).toEqual({});
  });

  test('keeps an error’s name, message and stack', () => {
    createLogger('api').error('unexpected error', { error: new TypeError('no') });
    expect(written()).toMatchObject([
      { error: { name: 'TypeError', message: 'no', stack: expect.anything() as unknown } },
    ]);
  });

  test('keeps the trace’s id, so that logs and traces meet', () => {
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1');
    createLogger('api').info('traced');
    expect(written()).toMatchObject([{ xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793' }]);
  });
});
