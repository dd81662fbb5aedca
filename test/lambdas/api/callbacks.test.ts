import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callbackToken, openCallbackToken } from '../../../lambdas/api/callback-token.ts';
import { makeCursor } from '../../../lambdas/api/cursor.ts';
import { TokenSigner } from '../../../lambdas/api/signed-token.ts';
import type { Json, JsonObject } from '../../../shared/domain/json.ts';
import type { Answer, ApiClient } from '../../support/api-client.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfProblem } from './problem-answers.ts';
import { mapConcurrently, send } from './raw-http.ts';

let running: TestStack;
let api: ApiClient;
beforeAll(async () => {
  running = await startTestStack();
  api = running.api;
  await api.save({ name: 'decide', nodes: { decision: { type: 'approval' } } });
});
afterAll(() => running.stop());

interface Waiting {
  readonly id: string;
  readonly token: string;
}

async function waiting(workflow = 'decide'): Promise<Waiting> {
  const id = await api.start(workflow);
  await api.until(id, ({ progress }) => progress.waiting === 1);
  return { id, token: (await api.node(id, 'decision')).callback.token };
}

/** As anybody who has the link would: without a key. */
const decide = (token: string, body: Json): Promise<Answer> =>
  api.call('POST', `/v1/callbacks/${token}`, { body, headers: { authorization: '' } });
const told = ({ status, body }: Answer) => [status, body.code ?? body.status];

describe('deciding', () => {
  test('the output is what was sent; the same again 200, other 409', async () => {
    const { id, token } = await waiting();
    expect(told(await decide(token, { output: { approved: true, by: 'me' } }))).toEqual([200, 'ok']);
    expect(told(await decide(token, { output: { by: 'me', approved: true } }))).toEqual([200, 'ok']);
    for (const other of [{ output: { approved: false } }, { output: null }, { error: { code: 'no', message: '' } }]) {
      expect(told(await decide(token, other))).toEqual([409, 'callback_used']);
    }
    expect((await api.ended(id)).status).toBe('succeeded');
    expect((await api.results(id)).outputs).toEqual({ decision: { approved: true, by: 'me' } });
    expect(told(await decide(token, { output: { approved: true, by: 'me' } }))).toEqual([200, 'ok']);
    expect(told(await decide(token, { output: 1 }))).toEqual([409, 'callback_used']);
  });

  test('an error fails the node as callback_failed', async () => {
    const { id, token } = await waiting();
    expect(told(await decide(token, { error: { code: 'refused', message: 'too dear' } }))).toEqual([200, 'ok']);
    expect(await api.ended(id)).toMatchObject({
      status: 'failed',
      nodes: { decision: { error: { code: 'callback_failed', category: 'target', message: 'too dear' } } },
    });
  });

  test('a hundred deciders at once: one decision stands, the others are told', async () => {
    const { id, token } = await waiting();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => decide(token, { output: at % 10 })));
    const accepted = new Set(answers.flatMap(({ status }, at) => (status === 200 ? [at % 10] : [])));
    expect([...accepted]).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(90);
    await api.ended(id);
    expect((await api.results(id)).outputs.decision).toBe([...accepted][0]);
  });

  test('after cancel: 409 callback_used', async () => {
    const { id, token } = await waiting();
    await api.call('POST', `/v1/executions/${id}/cancel`);
    await api.ended(id);
    expect(told(await decide(token, { output: 1 }))).toEqual([409, 'callback_used']);
  });

  test('too late: 410 callback_expired, before and after the timer was heard', async () => {
    await api.save({ name: 'brief', nodes: { decision: { type: 'approval', with: { expires: '1500ms' } } } });
    const { id, token } = await waiting('brief');
    const until = Date.parse((await api.node(id, 'decision')).until);
    while (Date.now() <= until) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(told(await decide(token, { output: 1 }))).toEqual([410, 'callback_expired']);
    expect(await api.ended(id)).toMatchObject({
      status: 'failed',
      nodes: { decision: { error: { code: 'callback_expired' } } },
    });
    expect(told(await decide(token, { output: 1 }))).toEqual([410, 'callback_expired']);
  });

  test('what the node’s schema refuses is 400 input_invalid and decides nothing', async () => {
    const schema: JsonObject = {
      type: 'object',
      required: ['approved'],
      properties: { approved: { type: 'boolean' } },
      additionalProperties: false,
    };
    await api.save({ name: 'checked', nodes: { decision: { type: 'approval', with: { schema } } } });
    const { id, token } = await waiting('checked');
    const refused: readonly [Json, readonly string[]][] = [
      [{ approved: 'yes', 'a/b': 1 }, ['/output/approved', '/output/a~1b']],
      [null, ['/output']],
      ['x', ['/output']],
    ];
    for (const [output, paths] of refused) {
      const answer = await decide(token, { output });
      expect(told(answer)).toEqual([400, 'input_invalid']);
      expect(answer.body.problems.map(({ path }: { path: string }) => path)).toEqual(paths);
    }
    expect(told(await decide(token, { output: {} }))).toEqual([400, 'input_invalid']);
    expect((await api.execution(id)).progress.waiting).toBe(1);
    expect(told(await decide(token, { output: { approved: false } }))).toEqual([200, 'ok']);
  });
});

describe('the page', () => {
  test('GET shows it and decides nothing, however often', async () => {
    const { id, token } = await waiting();
    for (let time = 0; time < 3; time += 1) {
      const page = await send(api.url, { method: 'GET', path: `/v1/callbacks/${token}` });
      expect([page.status, page.headers['content-type'], page.headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-store',
      ]);
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect(page.text).toContain('<h1>decision</h1>');
      expect(page.text).not.toContain(token);
    }
    expect((await api.execution(id)).progress.waiting).toBe(1);
  });

  test('it says what is asked, for which execution and until when, and nothing of it as markup', async () => {
    await api.save({
      name: 'asking',
      nodes: { ask: { type: 'approval', with: { message: 'Pay {{ input.to }}?', expires: '1h' } } },
    });
    const id = await api.start('asking', { input: { to: '<script>alert(1)</script>' } });
    await api.until(id, ({ progress }) => progress.waiting === 1);
    const { callback, until } = await api.node(id, 'ask');
    const show = () => send(api.url, { method: 'GET', path: `/v1/callbacks/${callback.token}` });
    const page = await show();
    expect(page.text).toContain('Pay &lt;script&gt;alert(1)&lt;/script&gt;?');
    for (const part of ['asking', id, until]) expect(page.text).toContain(part);
    await decide(callback.token, { output: { approved: true } });
    const after = await show();
    expect([after.status, after.text.includes('Nothing to decide'), after.text.includes('<button')]).toEqual([
      410,
      true,
      false,
    ]);
  });

  test('a token that is none has no page', async () => {
    expect((await send(api.url, { method: 'GET', path: '/v1/callbacks/none' })).status).toBe(404);
  });
});

describe('forging', () => {
  const signer = new TokenSigner(randomBytes(32));
  const address = { workspace: 'default', execution: 'ex_0123456789abcdefghjkmnpqrs', node: 'decision', gen: 1 };
  const token = callbackToken(signer, address);

  test('10,000 mutants of a token: none opens', () => {
    expect(openCallbackToken(signer, token)).toEqual(address);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/';
    const mutants = new Set<string>();
    for (let at = 0; mutants.size < 10_000; at += 1) {
      const index = at % token.length;
      const letter = alphabet[Math.floor(at / token.length) % alphabet.length] ?? '';
      mutants.add(`${token.slice(0, index)}${letter}${token.slice(index + 1)}`);
      mutants.add(`${token.slice(0, index)}${letter}${token.slice(index)}`);
      mutants.add(token.slice(0, index) + token.slice(index + 1));
    }
    mutants.delete(token);
    expect([...mutants].filter((mutant) => openCallbackToken(signer, mutant) !== undefined)).toEqual([]);
  });

  test('another address under this signature, another deployment’s token, a cursor: none opens', () => {
    const [, signature] = token.split('.');
    const others = [
      { ...address, gen: 2 },
      { ...address, node: 'other' },
      { ...address, workspace: 'other' },
    ];
    const forged = others.map((other) => `${callbackToken(signer, other).split('.')[0]}.${signature}`);
    const text = 'default\nex_0123456789abcdefghjkmnpqrs\ndecision\n1';
    const cursor = makeCursor(signer, { workspace: 'default', operation: 'listExecutions', filters: {} }, text);
    const foreign = callbackToken(new TokenSigner(randomBytes(32)), address);
    for (const candidate of [
      ...forged,
      cursor,
      foreign,
      `${token}.`,
      `.${token}`,
      `${token}.x`,
      '',
      '.',
      '..',
      token.toLowerCase(),
      ` ${token}`,
    ]) {
      expect(openCallbackToken(signer, candidate)).toBeUndefined();
    }
  });

  test('over HTTP, mutants are all the same 404', async () => {
    const real = (await waiting()).token;
    const mutants = Array.from({ length: 300 }, (_, at) => {
      const index = at % real.length;
      return real.slice(0, index) + (real[index] === 'A' ? 'B' : 'A') + real.slice(index + 1);
    });
    const answers = await mapConcurrently(mutants, (mutant) => decide(mutant, { output: 1 }));
    expect(answers.filter(({ status }) => status !== 404)).toEqual([]);
    expect(new Set(answers.map(({ body }) => body.detail)).size).toBe(1);
    const [first] = answers;
    expect(
      flawsOfProblem({
        status: first!.status,
        text: first!.text,
        body: first!.body,
        headers: { 'content-type': first!.headers.get('content-type') ?? '' },
      }),
    ).toEqual([]);
  });
});
