import * as z from 'zod';
import { ExecutionStatusName, NodeStatusName } from '../../shared/contracts/schemas.ts';

/**
 * `examples/<name>/example.json`: what the workflow beside it is run with, what the services it calls answer, and how it
 * must end. `input.target`, the base URL of those services, is added by whoever runs it.
 */
const Json = z.json();
const Route = z.string().regex(/^(GET|HEAD|POST|PUT|PATCH|DELETE) \/\S*$/, 'must be like "POST /payments"');
const Status = z.number().int().min(200).max(599);

/** A status alone, or more of the answer. */
const Answer = z.union([
  Status,
  z.strictObject({
    status: Status.optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: Json.optional(),
    delayMs: z.number().int().min(0).max(10_000).optional().describe('real time, whatever the clock rate'),
  }),
]);

/** What somebody decides while a node waits for a callback. */
const Decision = z.union([
  z.strictObject({ node: z.string(), output: Json }),
  z.strictObject({ node: z.string(), error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
export type Decision = z.infer<typeof Decision>;

/** A status alone, or whatever else must hold; what is not named is not looked at. */
const NodeExpectation = z.union([
  NodeStatusName,
  z.strictObject({
    status: NodeStatusName,
    reason: z.enum(['branch', 'if', 'upstream_failed']).optional(),
    attempts: z.number().int().min(1).optional(),
    error: z.string().optional().describe('code'),
    tolerated: z.boolean().optional(),
  }),
]);
export type NodeExpectation = z.infer<typeof NodeExpectation>;

export const Expectation = z.strictObject({
  status: ExecutionStatusName,
  nodes: z.record(z.string(), NodeExpectation),
  output: Json.optional().describe('exactly'),
  calls: z.record(Route, z.number().int().min(0)).optional().describe('how many requests the services get, by route'),
  order: z.array(Route).min(2).optional().describe('each was answered before the next one came'),
});
export type Expectation = z.infer<typeof Expectation>;

const Run = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  description: z.string(),
  input: z.record(z.string(), Json),
  target: z.record(Route, z.union([Answer, z.array(Answer).min(1)])),
  decisions: z.array(Decision).optional(),
  expect: Expectation,
});

export const Example = z.strictObject({
  description: z.string(),
  runs: z
    .array(Run)
    .min(1)
    .refine((runs) => new Set(runs.map(({ name }) => name)).size === runs.length, {
      error: 'two runs have the same name',
    }),
});
export type Example = z.infer<typeof Example>;
