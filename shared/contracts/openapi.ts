import * as z from 'zod';
import { API_ERRORS } from './error-codes.ts';
import { ROUTES, type Route } from './routes.ts';
import { IdempotencyKey, PATH_PARAMETERS, ProblemDetails } from './schemas.ts';

/** The OpenAPI 3.1 document, generated from the route table and the zod schemas: what is checked is what is documented. */
export function openApiDocument(baseUrl: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operationObject(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stepwell',
      version: '1',
      summary: 'Durable DAG workflows',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: baseUrl }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'an API key, sw_…' } },
      schemas: { Problem: schemaOf(ProblemDetails) },
    },
  };
}

function operationObject(route: Route) {
  return {
    operationId: route.operation,
    summary: route.summary,
    security: route.access === 'key' ? [{ apiKey: [] }] : [],
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...requestBody(route),
    responses: { ...answers(route), default: problemResponse() },
  };
}

function pathParameters({ path }: Route) {
  return Object.entries(PATH_PARAMETERS)
    .filter(([name]) => path.includes(`{${name}}`))
    .map(([name, schema]) => ({ name, in: 'path', required: true, schema: schemaOf(schema) }));
}

function queryParameters({ query }: Route) {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function headerParameters({ idempotencyKey }: Route) {
  if (idempotencyKey === undefined) return [];
  return [{ name: 'Idempotency-Key', in: 'header', required: false, schema: schemaOf(IdempotencyKey) }];
}

function requestBody({ body }: Route) {
  if (body === 'none') return {};
  if (body === 'definition') {
    const media = { schema: { description: 'a workflow definition', type: 'object' } };
    return { requestBody: { required: true, content: { 'application/json': media, 'application/yaml': media } } };
  }
  return {
    requestBody: {
      required: !body.optional,
      content: { 'application/json': { schema: schemaOf(body.schema, 'input') } },
    },
  };
}

function answers(route: Route) {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema, media = 'application/json' }]) => {
      const type = Number(status) >= 400 && schema === ProblemDetails ? 'application/problem+json' : media;
      const content =
        schema === undefined && media === 'application/json'
          ? undefined
          : { [type]: schema === undefined ? {} : { schema: schemaOf(schema) } };
      return [status, { description, ...(content !== undefined && { content }) }];
    }),
  );
}

function problemResponse() {
  const codes = Object.keys(API_ERRORS).join(', ');
  return {
    description: `problem details; code is one of ${codes}`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
