import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askYesNo } from '../../cli/stack/question.ts';

test.each([
  ['y\n', true],
  ['YES\n', true],
  [' y \n', true],
  ['\n', false],
  ['n\n', false],
  ['yo\n', false],
])('%j is %s', async (typed, answer) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const answered = askYesNo('Destroy it?', input, output);
  input.write(typed);
  expect(await answered).toBe(answer);
  expect(String(output.read())).toContain('Destroy it? (y/N) ');
});

test('the end of the input is a no', async () => {
  const input = new PassThrough();
  const answered = askYesNo('Destroy it?', input, new PassThrough());
  input.end();
  expect(await answered).toBe(false);
});

test('Ctrl-C is a no', async () => {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const answered = askYesNo('Destroy it?', Object.assign(input, { setRawMode: () => input }), output);
  input.write('y\u0003');
  expect(await answered).toBe(false);
});
