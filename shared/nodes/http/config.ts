import * as z from 'zod';
import { headerProblem } from './headers.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a string, number or boolean' });

/** Of a query or a form; a list repeats the name. */
const Parameters = z.record(
  z.string(),
  z.union([Scalar, z.array(Scalar)], { error: 'must be a string, number or boolean, or a list of them' }),
);
export type Parameters = z.infer<typeof Parameters>;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const NOT_A_STATUS = { error: 'must be a status from 200 to 599 or one of 2xx, 3xx, 4xx, 5xx' };

/** 1xx never ends an exchange. */
const ExpectedStatus = z.union(
  [z.int().min(200, NOT_A_STATUS).max(599, NOT_A_STATUS), z.enum(['2xx', '3xx', '4xx', '5xx'])],
  NOT_A_STATUS,
);

/** `with` of an `http` node. */
export const HttpConfig = z
  .strictObject({
    /** Whether it may be reached is the guard's to say, in the same words for redirects. */
    url: z.string().refine((text) => URL.canParse(text), { error: 'must be an absolute URL' }),
    method: z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` }).default('GET'),
    headers: z.record(z.string(), Scalar).default({}),
    query: Parameters.default({}),
    body: z.unknown().optional(),
    form: Parameters.optional(),
    expect: z.array(ExpectedStatus).min(1, { error: 'must name at least one status' }).default(['2xx', '3xx']),
  })
  .superRefine((config, context) => {
    const problem = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(config.headers)) {
      const trouble = headerProblem(name, String(value));
      if (trouble !== undefined) problem(['headers', name], trouble);
      if (seen.has(name.toLowerCase())) problem(['headers', name], `the header ${name} is given twice`);
      seen.add(name.toLowerCase());
    }
    if (config.body !== undefined && config.form !== undefined) problem(['form'], 'body and form exclude each other');
    if (config.method !== 'GET' && config.method !== 'HEAD') return;
    for (const key of ['body', 'form'] as const) {
      if (config[key] !== undefined) problem([key], `a ${config.method} request carries no ${key}`);
    }
  });
export type HttpConfig = z.infer<typeof HttpConfig>;
