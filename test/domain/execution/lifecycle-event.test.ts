import { describe, expect, test } from 'vitest';
import { lifecycleEvent } from '../../../shared/domain/execution/lifecycle-event.ts';
import type { Header } from '../../../shared/domain/execution/records.ts';
import { epochMs } from '../../../shared/domain/time.ts';

const HELD: Header = {
  workspace: 'ws',
  execution: 'ex',
  workflow: 'order',
  version: 3,
  status: 'pending',
  gen: 1,
  redrives: [],
  rev: 1,
  input: { at: 'record', value: { card: '4111' } },
  tags: {},
  trigger: 'api',
  request: 'r',
  createdAt: epochMs(0),
  deadline: epochMs(1),
  op: 'op',
};

describe('what the world is told of an execution', () => {
  test('is what there is, and nothing that users put into it', () => {
    expect(lifecycleEvent(HELD)).toEqual({
      workspace: 'ws',
      execution: 'ex',
      workflow: 'order',
      version: 3,
      generation: 1,
      status: 'pending',
      createdAt: '1970-01-01T00:00:00.000Z',
    });
  });

  test('is why it failed, which run that was, and when', () => {
    const error = {
      node: 'charge',
      code: 'http_402',
      category: 'target',
      message: 'declined',
      retryable: false,
    } as const;
    const ended = {
      ...HELD,
      gen: 2,
      status: 'failed',
      reason: 'node_failed',
      error,
      output: { at: 'record', value: 'secret' },
      tags: { customer: 'c1' },
      startedAt: epochMs(1_000),
      endedAt: epochMs(2_000),
    } as const;
    expect(lifecycleEvent(ended)).toEqual({
      workspace: 'ws',
      execution: 'ex',
      workflow: 'order',
      version: 3,
      generation: 2,
      status: 'failed',
      reason: 'node_failed',
      error,
      tags: { customer: 'c1' },
      createdAt: '1970-01-01T00:00:00.000Z',
      startedAt: '1970-01-01T00:00:01.000Z',
      endedAt: '1970-01-01T00:00:02.000Z',
    });
  });
});
