import { expect, test } from 'vitest';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { contend } from './contenders.ts';
import { newKey } from './samples.ts';

const SET = { join: 'j', gen: 1, level: 0, chunk: 0 };
const ELEMENTS = Array.from({ length: 64 }, (_, slot) => `${slot}${'lds'[slot % 3]}`);

export function arrivalCases(store: () => ExecutionStore): void {
  test('holds what arrived first', async () => {
    expect(await store().arrive(newKey(), SET, ['0l'])).toEqual(new Set(['0l']));
  });

  test('answers with all that ever arrived', async () => {
    const key = newKey();
    await store().arrive(key, SET, ['0l']);
    await store().arrive(key, SET, ['1d']);
    expect(await store().arrive(key, SET, ['2l', '3l'])).toEqual(new Set(['0l', '1d', '2l', '3l']));
  });

  test('holds once what arrives again', async () => {
    const key = newKey();
    await store().arrive(key, SET, ['0l', '1d']);
    expect(await store().arrive(key, SET, ['1d', '0l'])).toEqual(new Set(['0l', '1d']));
    expect(await store().arrive(key, SET, ['1d'])).toEqual(new Set(['0l', '1d']));
  });

  test('holds once what is named twice', async () => {
    expect(await store().arrive(newKey(), SET, ['0l', '0l'])).toEqual(new Set(['0l']));
  });

  test('holds what contradicts itself: which counts is not for the store to say', async () => {
    const key = newKey();
    await store().arrive(key, SET, ['0l']);
    expect(await store().arrive(key, SET, ['0d'])).toEqual(new Set(['0l', '0d']));
  });

  test('of 64 elements takes them at once', async () => {
    expect(await store().arrive(newKey(), SET, ELEMENTS)).toEqual(new Set(ELEMENTS));
  });

  test('of 64 elements takes them one by one, in any order', async () => {
    const key = newKey();
    for (const element of ELEMENTS.toReversed()) await store().arrive(key, SET, [element]);
    expect(await store().arrive(key, SET, ['0l'])).toEqual(new Set(ELEMENTS));
  });

  test('that 50 reach at once holds them all, and the last of them has seen so', async () => {
    const key = newKey();
    const answers = await contend((contender) => store().arrive(key, SET, [`${contender}l`]));
    expect(Math.max(...answers.map(({ size }) => size))).toBe(50);
    expect(new Set(answers.map(({ size }) => size)).size).toBe(50);
  });

  test('that 50 reach at once with the same holds it once', async () => {
    const key = newKey();
    const answers = await contend(() => store().arrive(key, SET, ['7l']));
    expect(answers).toEqual(answers.map(() => new Set(['7l'])));
  });

  test.each([
    ['joins', { join: 'k' }],
    ['joins that begin alike', { join: 'j#1' }],
    ['generations', { gen: 2 }],
    ['levels', { level: 1 }],
    ['chunks', { chunk: 1 }],
  ])('keeps %s apart', async (_what, other) => {
    const key = newKey();
    await store().arrive(key, SET, ['0l']);
    expect(await store().arrive(key, { ...SET, ...other }, ['1l'])).toEqual(new Set(['1l']));
  });

  test.each([
    ['workspaces', { workspace: 'other' }],
    ['executions', { execution: 'ex_other' }],
  ])('keeps %s apart', async (_what, other) => {
    const key = newKey();
    await store().arrive(key, SET, ['0l']);
    expect(await store().arrive({ ...key, ...other }, SET, ['1l'])).toEqual(new Set(['1l']));
  });

  test('is not asked to hold nothing: that is the mistake of the caller', async () => {
    await expect(store().arrive(newKey(), SET, [])).rejects.toBeInstanceOf(Error);
  });
}
