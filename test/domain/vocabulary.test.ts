import { expect, test } from 'vitest';
import { expressionFailed, failure, FailureCategory } from '../../shared/domain/failure.ts';
import { invariant, InvariantError, unreachable } from '../../shared/domain/invariant.ts';
import { err, ok } from '../../shared/domain/result.ts';

test('a failure is final unless it says otherwise', () => {
  expect(failure('http_500', 'transient', 'm')).toEqual({
    code: 'http_500',
    category: 'transient',
    message: 'm',
    retryable: false,
  });
  expect(failure('http_500', 'transient', 'm', { retryable: true, retryAfterMs: 5, details: 1 })).toMatchObject({
    retryable: true,
    retryAfterMs: 5,
    details: 1,
  });
  expect(expressionFailed('m')).toMatchObject({ code: 'expression_failed', category: 'input', retryable: false });
  expect(FailureCategory.options).toEqual(['transient', 'target', 'input', 'timeout', 'policy', 'internal']);
});

test.each([false, null, undefined])('an invariant that is %s throws', (condition) => {
  expect(() => invariant(condition, 'E1: broken')).toThrow(InvariantError);
});

test.each([true, 0, '', {}])('an invariant that is %j holds', (condition) => {
  expect(() => invariant(condition, 'fine')).not.toThrow();
});

test('a case that cannot be is a broken invariant', () => {
  expect(() => unreachable('new status' as never)).toThrow('unreachable case: new status');
});

test('results', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 });
  expect(err(['p'])).toEqual({ ok: false, error: ['p'] });
});
