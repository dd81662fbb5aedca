import * as z from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { NodeError, type EffectNodeType } from '../engine/node-type.ts';
import { WAITING_ATTEMPT_TIMEOUT_MS } from './wait.ts';

const Config = z.strictObject({
  code: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, 'a code is 1 to 64 letters, digits, _ . or -'),
  message: z.string().min(1).max(LIMITS.errorMessageLengthMax),
});

/** Ends in the failure that it names: the author's own errors, to be caught by `.error` or `catch`. */
export const failNode: EffectNodeType = {
  type: 'fail',
  kind: 'effect',
  summary: 'fails with a code and message of your own',
  config: Config,
  attemptTimeoutMsDefault: WAITING_ATTEMPT_TIMEOUT_MS,
  run({ config }) {
    const { code, message } = Config.parse(config);
    return Promise.reject(NodeError.fatal(code, 'target', message));
  },
};
