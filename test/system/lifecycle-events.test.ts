import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BusEvent } from '../../local/events/put-events.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const events: BusEvent[] = [];
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({
    stackOptions: { lifecycleEvents: true },
    onEvent: (event) => void events.push(event),
  });
});

afterAll(() => stack.stop());

const of = (execution: string) =>
  events.filter(({ detail }) => (detail as { execution: string }).execution === execution);

describe('with lifecycle events on, the bus of the stack is told', () => {
  test('of an end, by the very words of the API', async () => {
    await stack.api.save({ name: 'told', nodes: { a: { type: 'transform', with: { value: 1 } } } });
    const id = await stack.api.start('told');
    const { createdAt, startedAt, endedAt } = (await stack.api.ended(id)) as unknown as Record<string, string>;
    await expect.poll(() => of(id)).toHaveLength(1);
    expect(of(id)[0]).toMatchObject({
      source: 'stepwell',
      'detail-type': 'Stepwell Execution Status Change',
      time: endedAt,
      detail: {
        workspace: 'default',
        execution: id,
        workflow: 'told',
        version: 1,
        generation: 1,
        status: 'succeeded',
        createdAt,
        startedAt,
        endedAt,
      },
    });
  });

  test('of a failure, with the node and its error', async () => {
    await stack.api.save({
      name: 'fails',
      nodes: { a: { type: 'fail', with: { code: 'no_stock', message: 'none left' } } },
    });
    const id = await stack.api.start('fails');
    await stack.api.ended(id);
    await expect.poll(() => of(id)).toHaveLength(1);
    expect(of(id)[0]?.detail).toMatchObject({
      status: 'failed',
      reason: 'node_failed',
      error: { node: 'a', code: 'no_stock', message: 'none left' },
    });
  });
});
