import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { flawsOfList, flawsOfProblem } from './problem-answers.ts';
import { send } from './raw-http.ts';
import { condition, http, nodes, pass, value, WRONG, type Wrong } from './wrong-definitions.ts';

let running: TestStack;
beforeAll(async () => {
  running = await startTestStack();
});
afterAll(() => running.stop());

interface Found {
  readonly code: string;
  readonly path: string;
}
const textOf = ({ sent }: Wrong) => (typeof sent === 'string' && sent !== 'x' ? sent : JSON.stringify(sent));

function post(path: string, body: string, type = 'application/json') {
  return send(running.api.url, {
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${running.api.key}`, 'content-type': type },
    body,
  });
}

describe('each code, at its place', () => {
  test.each(WRONG)('$code: $why', async (wrong) => {
    const type = wrong.yaml === true ? 'application/yaml' : 'application/json';
    const validated = await post('/v1/workflows/validate', textOf(wrong), type);
    expect([validated.status, validated.body.valid, flawsOfList(validated.body.problems)]).toEqual([200, false, []]);
    const found = validated.body.problems.map(({ code, path }: Found) => ({
      code,
      path: wrong.path !== '' && path.startsWith(wrong.path) ? wrong.path : path,
    }));
    expect(found).toContainEqual({ code: wrong.code, path: wrong.path });

    const saved = await post('/v1/workflows', textOf(wrong), type);
    expect(flawsOfProblem(saved)).toEqual([]);
    expect(saved.body.problems).toEqual(validated.body.problems);
    // The same in YAML, of which JSON is a part.
    if (wrong.yaml !== true && wrong.code !== 'limit_exceeded' && wrong.code !== 'duplicate_key') {
      const asYaml = await post('/v1/workflows/validate', textOf(wrong), 'application/yaml');
      expect(asYaml.body.problems).toEqual(validated.body.problems);
    }
  });

  test('every code of the contract is among them', () => {
    const codes =
      'malformed empty unknown_key duplicate_key duplicate_need unknown_need self_need cycle unknown_branch join_required reserved_id unknown_type invalid_with invalid_duration bad_template unquoted_template unknown_reference not_upstream error_handled_twice limit_exceeded';
    expect(codes.split(' ').filter((code) => !WRONG.some((wrong) => wrong.code === code))).toEqual([]);
  });

  test('a cycle lists its nodes in order', async () => {
    const { body } = await post(
      '/v1/workflows/validate',
      JSON.stringify(
        nodes({ a: { ...pass, needs: ['c'] }, b: { ...pass, needs: ['a'] }, c: { ...pass, needs: ['b'] } }),
      ),
    );
    expect(body.problems).toHaveLength(1);
    expect(body.problems[0].message).toMatch(/a → b → c → a|b → c → a → b|c → a → b → c/);
  });

  test('more edges than the limit', async () => {
    const ids = Array.from({ length: 202 }, (_, at) => `n${at}`);
    const entries = ids.map((id, at) => [id, { ...pass, needs: ids.slice(0, at) }]);
    const { body } = await post(
      '/v1/workflows/validate',
      JSON.stringify(nodes(Object.fromEntries(entries) as JsonObject)),
    );
    expect(body.problems.map(({ code, path }: Found) => ({ code, path }))).toEqual([
      { code: 'limit_exceeded', path: '/nodes' },
    ]);
  });
});

describe('all at once', () => {
  const many = nodes(
    {
      a: { ...pass, needs: ['nobody', 'a'] },
      b: { type: 'teleport' },
      c: { ...value('{{ nodes.b.output + }}'), needs: ['d'] },
      d: { ...pass, needs: ['c'] },
      e: { type: 'http', with: {} },
    },
    { output: '{{ nodes.nobody.output }}' },
  );

  test('problems of every kind in one answer', async () => {
    const { body } = await post('/v1/workflows/validate', JSON.stringify(many));
    const found = body.problems.map(({ code }: Found) => code) as string[];
    expect([...new Set(found)].sort()).toEqual([
      'bad_template',
      'cycle',
      'invalid_with',
      'self_need',
      'unknown_need',
      'unknown_reference',
      'unknown_type',
    ]);
  });

  test('mistakes of shape do not hide those of the graph', async () => {
    const { body } = await post(
      '/v1/workflows/validate',
      JSON.stringify(
        nodes({ a: { ...pass, needs: ['nobody'], surprise: 1 }, b: { ...pass, needs: ['b'] } }, { timeout: 'soon' }),
      ),
    );
    expect(body.problems.map(({ code }: Found) => code).sort()).toEqual([
      'invalid_duration',
      'self_need',
      'unknown_key',
      'unknown_need',
    ]);
  });

  test('a hundred are enough, however many there are', async () => {
    const entries = Array.from({ length: 10_000 }, (_, at) => [
      `n${at}`,
      { ...pass, [`surprise${at}`]: 1, needs: [`nobody${at}`] },
    ]);
    const answer = await post('/v1/workflows', JSON.stringify(nodes(Object.fromEntries(entries) as JsonObject)));
    expect(answer.status).toBe(400);
    expect(answer.body.problems).toHaveLength(100);
  });
});

describe('warnings', () => {
  const unguarded = nodes({
    size: condition,
    large: { ...pass, needs: ['size.large'] },
    after: { ...value('{{ nodes.large.output }}'), needs: ['large', 'size.small'], join: 'merge' },
  });
  const unused = nodes({ a: { ...http, retry: { attempts: 2, delays: ['1s', '2s', '3s'] } } });

  test.each([
    { code: 'unguarded_reference', path: '/nodes/after/with/value', sent: unguarded },
    { code: 'retry_delays_unused', path: '/nodes/a/retry/delays', sent: unused },
  ])('$code at $path; the definition is valid and can be saved', async ({ code, path, sent }) => {
    const { body } = await post('/v1/workflows/validate', JSON.stringify(sent));
    expect(body).toMatchObject({ valid: true, problems: [], warnings: [{ code, path }] });
    expect(flawsOfList(body.warnings)).toEqual([]);
    expect((await post('/v1/workflows', JSON.stringify(sent))).status).toBe(201);
  });

  test('none without reason', async () => {
    const { body } = await post(
      '/v1/workflows/validate',
      JSON.stringify(nodes({ a: value('{{ input.x }}'), b: { ...value('{{ nodes.a.output }}'), needs: ['a'] } })),
    );
    expect(body).toEqual({ valid: true, problems: [], warnings: [] });
  });
});
