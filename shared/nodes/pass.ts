import * as z from 'zod';
import { evaluateValue, member } from '../domain/expression/template.ts';
import { NodeError, type PureNodeType } from '../engine/node-type.ts';

/** Does nothing: a named place to fork, join or hold a value. */
export const passNode: PureNodeType = {
  type: 'pass',
  kind: 'pure',
  summary: 'does nothing; a place to fork or join',
  config: z.strictObject({ value: z.json().optional() }),
  evaluate({ with: config, scope }) {
    const value = member(config, 'value');
    if (value === undefined) return { output: null };
    const result = evaluateValue(value, scope);
    if (!result.ok) throw new NodeError(result.error);
    return { output: result.value };
  },
};
