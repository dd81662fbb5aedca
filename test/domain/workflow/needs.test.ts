import { expect, test } from 'vitest';
import { catchMatches, selectorOf, splitNeed } from '../../../shared/domain/workflow/needs.ts';

test('a need is a node, or a node and one of its ends', () => {
  expect(splitNeed('charge')).toEqual({ node: 'charge' });
  expect(splitNeed('charge.error')).toEqual({ node: 'charge', name: 'error' });
  expect(splitNeed('a.b.c')).toEqual({ node: 'a', name: 'b.c' });
  expect(splitNeed('a.')).toEqual({ node: 'a', name: '' });
});

test('names are looked up: error, then catch, then branches', () => {
  const offers = { branches: new Set(['large', 'both']), catches: new Set(['declined', 'both']) };
  expect(selectorOf(undefined, offers)).toEqual({ kind: 'plain' });
  expect(selectorOf('error', offers)).toEqual({ kind: 'error' });
  expect(selectorOf('declined', offers)).toEqual({ kind: 'catch', name: 'declined' });
  expect(selectorOf('large', offers)).toEqual({ kind: 'branch', name: 'large' });
  expect(selectorOf('both', offers)).toEqual({ kind: 'catch', name: 'both' });
  expect(selectorOf('nothing', offers)).toBeUndefined();
  expect(selectorOf('', offers)).toBeUndefined();
});

test.each<[string, string, string, boolean]>([
  ['http_402', 'http_402', 'target', true],
  ['http_402', 'http_403', 'target', false],
  ['http_4xx', 'http_402', 'target', true],
  ['http_4xx', 'http_502', 'transient', false],
  ['http_5xx', 'http_502', 'transient', true],
  ['http_5xx', 'http_5xx', 'transient', true],
  ['http_9xx', 'http_900', 'target', false],
  ['http_4xx', 'http_4021', 'target', false],
  ['transient', 'http_502', 'transient', true],
  ['timeout', 'deadline_exceeded', 'timeout', true],
  ['timeout', 'boom', 'target', false],
])('catching %s takes code %s of category %s: %s', (pattern, code, category, taken) => {
  expect(catchMatches(pattern, { code, category })).toBe(taken);
});
