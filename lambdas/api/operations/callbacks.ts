import { createHash } from 'node:crypto';
import type { CallbackBody } from '../../../shared/contracts/schemas.ts';
import { compileSchema, validateAgainst } from '../../../shared/documents/json-schema.ts';
import { canonicalJson } from '../../../shared/domain/json.ts';
import { acceptCallback } from '../../../shared/engine/callback.ts';
import type { SchemaCheck } from '../../../shared/engine/engine-deps.ts';
import type * as z from 'zod';
import { ApiProblem, notFound } from '../api-problem.ts';
import { CALLBACK_PAGE_POLICY, callbackPage } from '../callback-page.ts';
import { openCallbackToken, type CallbackAddress } from '../callback-token.ts';
import { pendingDecision } from '../pending-decision.ts';
import { json, param, type Operation, type OperationContext } from '../operation.ts';

/** The token is the permission: it names one wait of one node, and only we can make it. */
async function addressOf(context: OperationContext): Promise<CallbackAddress> {
  const address = openCallbackToken(await context.signer(), param(context, 'token'));
  if (address === undefined) throw notFound('callback with this token');
  return address;
}

export const sendCallback: Operation = async (context) => {
  const address = await addressOf(context);
  const { output, error } = context.body as z.infer<typeof CallbackBody>;
  // The schema lets exactly one of the two through.
  const payload = error === undefined ? { output: output ?? null } : { error };
  const digest = createHash('sha256').update(canonicalJson(payload)).digest('base64url');
  const result = await acceptCallback(context.app.engine, checkSchema, {
    ...address,
    payload,
    digest,
    requestId: context.requestId,
  });
  switch (result.kind) {
    case 'accepted':
      return json(200, { status: 'ok' });
    case 'used':
      throw new ApiProblem('callback_used', 'the node does not wait for this callback any more');
    case 'expired':
      throw new ApiProblem('callback_expired', 'the callback came too late');
    case 'not_found':
      throw notFound('execution for this callback');
    case 'invalid': {
      const problems = result.problems.map(({ path, message }) => ({
        code: 'input_invalid',
        path: `/output${path}`,
        message,
      }));
      throw new ApiProblem('input_invalid', "the output does not fit the node's schema", { problems });
    }
    default:
      return result satisfies never;
  }
};

const checkSchema: SchemaCheck = (schema, value) => {
  const compiled = compileSchema(schema, '');
  // A schema built from templates is known only now.
  if (!compiled.ok) return { value, problems: compiled.error };
  return validateAgainst(compiled.value, value);
};

export const showCallback: Operation = async (context) => {
  const decision = await pendingDecision(context.app, await addressOf(context), context.requestId);
  return {
    statusCode: decision === undefined ? 410 : 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': CALLBACK_PAGE_POLICY,
      'referrer-policy': 'no-referrer',
    },
    body: callbackPage(decision),
  };
};
