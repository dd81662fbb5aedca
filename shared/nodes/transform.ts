import * as z from 'zod';
import { evaluateValue, member } from '../domain/expression/template.ts';
import { expressionFailed } from '../domain/failure.ts';
import { NodeError, type PureNodeType } from '../engine/node-type.ts';

/** Computes a value from committed data. Costs nothing: the result is committed with the effect before it. */
export const transformNode: PureNodeType = {
  type: 'transform',
  kind: 'pure',
  summary: 'computes a value from what is upstream',
  config: z.strictObject({ value: z.json() }),
  evaluate({ with: config, scope }) {
    const value = member(config, 'value');
    if (value === undefined) throw new NodeError(expressionFailed("'with.value' is missing"));
    const result = evaluateValue(value, scope);
    if (!result.ok) throw new NodeError(result.error);
    return { output: result.value };
  },
};
