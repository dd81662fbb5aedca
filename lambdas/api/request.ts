import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Route } from '../../shared/contracts/routes.ts';
import { PATH_PARAMETERS } from '../../shared/contracts/schemas.ts';
import { parseJson } from '../../shared/documents/parse-json.ts';
import { pointer, type Json } from '../../shared/domain/json.ts';
import { LIMITS } from '../../shared/domain/limits.ts';
import { plainMessage } from '../../shared/domain/plain-message.ts';
import type { Problem } from '../../shared/domain/problem.ts';
import { parseRfc3339, type EpochMs } from '../../shared/domain/time.ts';
import { err, type Result } from '../../shared/domain/result.ts';
import { ApiProblem } from './api-problem.ts';
import type { RequestProblem } from './readable-problems.ts';

// Parses what came with a request, by its route. Whatever does not fit is a 4xx with all problems, never a 500.

/** What cannot be an id names nothing; the table is not asked for it. */
export function checkParams(params: Readonly<Record<string, string>>): void {
  for (const [name, schema] of Object.entries(PATH_PARAMETERS)) {
    const value = params[name];
    if (value !== undefined && !schema.safeParse(value).success)
      throw new ApiProblem('not_found', `nothing has this ${name}`);
  }
}

/** Of a parameter that its schema found to be a time. */
export function instant(value: unknown): EpochMs | undefined {
  return typeof value === 'string' ? parseRfc3339(value) : undefined;
}

/** What each route makes of no query at all. */
const WITHOUT_QUERY = new WeakMap<z.ZodObject, Readonly<Record<string, unknown>>>();

export function parseQuery(event: APIGatewayProxyEventV2, schema: z.ZodObject): Readonly<Record<string, unknown>> {
  const isNone = event.rawQueryString === '';
  const known = isNone ? WITHOUT_QUERY.get(schema) : undefined;
  if (known !== undefined) return known;
  const given = new URLSearchParams(event.rawQueryString);
  const repeated = [...new Set(given.keys())].filter((name) => given.getAll(name).length > 1);
  if (repeated.length > 0) {
    throw invalid(
      'the query is not valid',
      repeated.map((name) => ({
        code: 'duplicate_key',
        path: pointer('/query', name),
        message: 'is given more than once',
      })),
    );
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalid('the query is not valid', issuesOf(parsed.error, '/query'));
  if (isNone) WITHOUT_QUERY.set(schema, Object.freeze(parsed.data));
  return parsed.data;
}

/** A definition's document; unparsable text is for the caller to report. The YAML parser is loaded when the first one comes. */
export async function parseDefinition(event: APIGatewayProxyEventV2): Promise<Result<Json, readonly Problem[]>> {
  const media = mediaType(event);
  const isYaml = ['application/yaml', 'application/x-yaml', 'text/yaml'].includes(media);
  if (!isYaml && media !== 'application/json') throw unsupported(media, 'application/json or application/yaml');
  const text = bodyText(event, LIMITS.definitionBytesMax);
  if (typeof text !== 'string') return err([text]);
  if (text.trim() === '')
    return err([{ code: 'malformed', path: '', message: 'the body is empty; send the definition' }]);
  const document = isYaml ? (await import('../../shared/documents/parse-yaml.ts')).parseYaml(text) : parseJson(text);
  if (!document.ok || Buffer.byteLength(JSON.stringify(document.value)) <= LIMITS.definitionBytesMax) return document;
  // It is stored and read as JSON: there `1e20` has 21 digits, and a YAML alias is written out.
  return err([
    {
      code: 'limit_exceeded',
      path: '',
      message: `written as compact JSON the definition has more than ${LIMITS.definitionBytesMax} bytes`,
    },
  ]);
}

export function parseBody(event: APIGatewayProxyEventV2, body: Exclude<Route['body'], string>): unknown {
  if (event.body === undefined || event.body === '') {
    if (body.optional) return body.schema.parse({});
    throw invalid('a body is needed', [{ code: 'malformed', path: '', message: 'the body is empty; send JSON' }]);
  }
  const media = mediaType(event);
  if (media !== 'application/json') throw unsupported(media, 'application/json');
  const text = bodyText(event, LIMITS.requestBytesMax);
  if (typeof text !== 'string') throw invalid('the body is not valid', [text]);
  const document = parseJson(text);
  if (!document.ok) throw invalid('the body is not valid JSON for Stepwell', document.error);
  const parsed = body.schema.safeParse(document.value);
  if (!parsed.success) throw invalid('the body is not valid', issuesOf(parsed.error, ''));
  return parsed.data;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function bodyText(event: APIGatewayProxyEventV2, bytesMax: number): string | Problem {
  const raw = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (raw.length > bytesMax)
    throw new ApiProblem('too_large', `the body has ${raw.length} bytes; at most ${bytesMax} are allowed`);
  try {
    return UTF8.decode(raw);
  } catch {
    return { code: 'malformed', path: '', message: 'the body is not UTF-8 text' };
  }
}

function mediaType(event: APIGatewayProxyEventV2): string {
  return (event.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function unsupported(media: string, wanted: string): ApiProblem {
  return new ApiProblem(
    'unsupported_media_type',
    `content type ${media === '' ? 'is missing' : `'${media.slice(0, 100)}' is not supported`}; send ${wanted}`,
  );
}

export function invalid(detail: string, problems: readonly RequestProblem[]): ApiProblem {
  return new ApiProblem('validation_failed', detail, { problems });
}

export function issuesOf(error: z.ZodError, base: string): RequestProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.reduce<string>((at, token) => pointer(at, String(token)), base);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        code: 'unknown_key',
        path: pointer(path, key),
        message: `'${key}' is not a known field here`,
      }));
    }
    // Of a key, zod itself says only that it is invalid.
    const message =
      issue.code === 'invalid_key' ? issue.issues.map((inner) => inner.message).join('; ') : plainMessage(issue);
    return [{ code: 'malformed', path, message }];
  });
}
