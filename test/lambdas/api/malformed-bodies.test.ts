import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES, type Route } from '../../../shared/contracts/routes.ts';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { WorkflowDefinition } from '../../../shared/domain/workflow/definition.ts';
import { startTestStack, type TestStack } from '../../support/stack.ts';
import { hostileTexts, padded } from './hostile-texts.ts';
import { flawsOfList, flawsOfProblem } from './problem-answers.ts';
import { mapConcurrently, send, type RawAnswer, type RawRequest } from './raw-http.ts';
import {
  CALLBACK_ERROR,
  CALLBACK_OUTPUT,
  FAILING,
  FULL_DEFINITION,
  PASSING,
  REDRIVE_BODY,
  REPLAY_BODY,
  REPLAY_MANY_BODY,
  START_BODY,
  WAITING,
} from './request-samples.ts';
import { fieldsWithoutSample, wrongDocuments } from './schema-mutations.ts';

let running: TestStack;
/** Values for the path parameters that lead to something. */
let params: Readonly<Record<string, string>>;
beforeAll(async () => {
  running = await startTestStack();
  const { api } = running;
  await api.save(PASSING);
  await api.save(WAITING);
  const held = await api.start('passing', { hold: true });
  const waiting = await api.start('waiting');
  await api.until(waiting, ({ progress }) => progress.waiting === 1);
  const { callback } = await api.node(waiting, 'decision');
  const failed = await api.run(FAILING);
  params = {
    name: 'passing',
    id: held,
    node: 'only',
    letter: `${failed.id}-1-refusal`,
    token: callback.token,
  };
});
afterAll(() => running.stop());

const BODY_ROUTES = ROUTES.filter(({ body }) => body !== 'none');
const named = (route: Route) => `${route.method} ${route.path}`;

function samplesOf({ operation }: Route): readonly JsonObject[] {
  if (operation === 'startExecution') return [START_BODY];
  if (operation === 'sendCallback') return [CALLBACK_OUTPUT, CALLBACK_ERROR];
  if (operation === 'redriveExecution') return [REDRIVE_BODY];
  if (operation === 'replayDeadLetter') return [REPLAY_BODY];
  if (operation === 'replayDeadLetters') return [REPLAY_MANY_BODY];
  if (operation === 'createWorkflow' || operation === 'validateWorkflow') return [FULL_DEFINITION];
  return [{}];
}

function call(route: Route, { headers = {}, ...request }: Partial<RawRequest>): Promise<RawAnswer> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const authorization = `Bearer ${running.api.key}`;
  return send(running.api.url, {
    method: route.method,
    path,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...request,
  });
}

/** `validate` answers 200 with the same list for a definition that it could read, or not. */
function flawsOf(route: Route, answer: RawAnswer, status: number): string[] {
  if (route.operation === 'validateWorkflow' && status === 400) {
    if (answer.status !== 200 || answer.body?.valid !== false)
      return [`answered ${answer.status} ${answer.text.slice(0, 200)}`];
    const tooLong = answer.text.length > 1_000_000 ? [`the answer has ${answer.text.length} characters`] : [];
    return [...tooLong, ...flawsOfList(answer.body.problems)];
  }
  const wrongStatus =
    answer.status === status ? [] : [`status ${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`];
  return [...wrongStatus, ...flawsOfProblem(answer)];
}

describe.each(BODY_ROUTES.map((route) => ({ name: named(route), route })))('$name', ({ route }) => {
  const schema = typeof route.body === 'string' ? WorkflowDefinition : route.body.schema;
  const bytesMax = route.body === 'definition' ? LIMITS.definitionBytesMax : LIMITS.requestBytesMax;

  test('the samples have every field that the schema knows', () => {
    expect(fieldsWithoutSample(schema, samplesOf(route))).toEqual([]);
  });

  test('every single mistake in any field is refused with a problem that names it', async () => {
    const cases = samplesOf(route).flatMap((sample) => wrongDocuments(schema, sample));
    const flaws = await mapConcurrently(cases, async ({ label, document }) => {
      const answer = await call(route, { body: JSON.stringify(document) });
      return flawsOf(route, answer, 400).map((flaw) => `${label}: ${flaw}`);
    });
    expect(flaws.flat()).toEqual([]);
    expect(cases.length).toBeGreaterThan(10);
  });

  test('no hostile text comes through, and none breaks anything', async () => {
    const sample = JSON.stringify(samplesOf(route)[0]);
    const texts = hostileTexts(sample, bytesMax).filter(
      ({ label }) => label !== 'no body but a type' || route.body === 'definition' || !isOptional(route),
    );
    const flaws = await mapConcurrently(
      texts,
      async ({ label, body, headers, status, byGateway }) => {
        const answer = await call(route, { body, ...(headers !== undefined && { headers }) });
        if (byGateway) return answer.status === status ? [] : [`${label}: ${answer.status}`];
        return flawsOf(route, answer, status).map((flaw) => `${label}: ${flaw}`);
      },
      4,
    );
    expect(flaws.flat()).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('a body of exactly the most bytes is read', async () => {
    const answer = await call(route, { body: padded('{"surprise":1}', bytesMax) });
    expect(answer.text).toContain('unknown_key');
  });

  test('the content type may have parameters and any case', async () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json ; x=y']) {
      const answer = await call(route, { body: '{"surprise":1}', headers: { 'content-type': type } });
      expect(answer.text).toContain('unknown_key');
    }
  });
});

test('afterwards the stack is healthy and nothing was changed', async () => {
  const { api } = running;
  expect((await api.call('GET', '/health')).status).toBe(200);
  expect((await api.call('GET', '/v1/executions')).body.items).toHaveLength(3);
  expect((await api.call('GET', `/v1/dead-letters/${params['letter']}`)).body.status).toBe('open');
  expect((await api.call('GET', '/v1/workflows')).body.items).toHaveLength(3);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

function isOptional({ body }: Route): boolean {
  return typeof body !== 'string' && body.optional;
}
