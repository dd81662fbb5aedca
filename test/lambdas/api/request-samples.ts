import type { JsonObject } from '../../../shared/domain/json.ts';

/** A definition that uses every field there is: what the table of wrong definitions is made from. */
export const FULL_DEFINITION: JsonObject = {
  name: 'everything',
  description: 'uses every field',
  input: { type: 'object' },
  timeout: '1h',
  nodes: {
    first: {
      type: 'http',
      with: { url: 'https://example.com/' },
      retry: { attempts: 3, first: '1s', factor: 2, max: '5m', jitter: 0.2 },
      catch: { declined: ['http_402'] },
    },
    second: {
      type: 'http',
      needs: ['first'],
      with: { url: 'https://example.com/' },
      join: 'all',
      if: '{{ input.wanted == true }}',
      retry: { delays: ['0s', '1m'] },
      timeout: '30s',
      deadline: '1h',
      onError: 'continue',
      delivery: 'at-least-once',
      failIf: '{{ output.status == 204 }}',
      retryIf: '{{ output.status == 202 }}',
    },
  },
  output: { done: true },
};

export const START_BODY: JsonObject = { input: { a: 1 }, hold: true, version: 1, tags: { team: 'one' } };
export const CALLBACK_OUTPUT: JsonObject = { output: { approved: true } };
export const CALLBACK_ERROR: JsonObject = { error: { code: 'refused', message: 'no' } };

export const REDRIVE_BODY: JsonObject = { from: ['only'], input: { a: 1 }, version: 1, freshKeys: true };
export const REPLAY_BODY: JsonObject = { with: { url: 'https://example.com/' } };
/** Means no entry of any test. */
export const REPLAY_MANY_BODY: JsonObject = {
  filter: {
    workflow: 'nothing',
    code: 'http_503,timeout',
    category: 'transient',
    status: 'open',
    since: '2026-01-01T00:00:00Z',
    until: '2026-01-02',
  },
  ratePerSecond: 10,
};

/** Runs at once and costs nothing. */
export const PASSING: JsonObject = { name: 'passing', nodes: { only: { type: 'pass', with: { value: 1 } } } };
/** Fails at once, for good: it leaves a dead letter. */
export const FAILING: JsonObject = {
  name: 'failing',
  nodes: { refusal: { type: 'fail', with: { code: 'refused', message: 'no' } } },
};
/** Waits until somebody decides. */
export const WAITING: JsonObject = { name: 'waiting', nodes: { decision: { type: 'approval' } } };
