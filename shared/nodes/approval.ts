import * as z from 'zod';
import { compileSchema } from '../documents/json-schema.ts';
import { parseDurationMs } from '../domain/duration.ts';
import { failure } from '../domain/failure.ts';
import { suspended, type EffectNodeType } from '../engine/node-type.ts';
import { Duration, WAITING_ATTEMPT_TIMEOUT_MS } from './wait.ts';

const Schema = z.json().superRefine((schema, context) => {
  const compiled = compileSchema(schema, '');
  if (compiled.ok) return;
  for (const { path, message } of compiled.error)
    context.addIssue({ code: 'custom', path: path.split('/').slice(1), message });
});

const Config = z.strictObject({
  message: z.string().optional(),
  expires: Duration.optional(),
  schema: Schema.optional(),
});

/**
 * Waits for somebody's decision, sent to the node's callback URL (`GET /v1/executions/{id}/nodes/{node}` shows it while
 * the node waits). What was sent is the output; a late callback is answered 410 and the node has failed by then.
 */
export const approvalNode: EffectNodeType = {
  type: 'approval',
  kind: 'effect',
  summary: "waits for a person's decision by callback",
  config: Config,
  attemptTimeoutMsDefault: WAITING_ATTEMPT_TIMEOUT_MS,
  run({ config, after }) {
    const { expires, schema } = Config.parse(config);
    const ms = expires === undefined ? undefined : parseDurationMs(expires);
    return Promise.resolve(
      suspended({
        for: 'callback',
        onDue: { failure: failure('callback_expired', 'timeout', `nobody answered within ${expires ?? 'time'}`) },
        ...(ms !== undefined && { until: after(ms) }),
        ...(schema !== undefined && { schema }),
      }),
    );
  },
};
