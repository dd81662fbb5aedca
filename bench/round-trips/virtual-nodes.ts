import * as z from 'zod';
import type { Clock } from '../../shared/engine/ports.ts';
import { NodeError, succeeded, type EffectNodeType } from '../../shared/engine/node-type.ts';
import { NodeRegistry } from '../../shared/engine/node-registry.ts';
import { conditionNode } from '../../shared/nodes/condition.ts';
import { passNode } from '../../shared/nodes/pass.ts';
import { transformNode } from '../../shared/nodes/transform.ts';
import { waitNode } from '../../shared/nodes/wait.ts';

/** A run of an effect. It takes no time: what is counted is what lies between. */
export interface Effect {
  readonly node: string;
  readonly at: number;
}

const ATTEMPT_TIMEOUT_MS = 30_000;
const STATUS_OF_FAILURE = 500;

/**
 * The node types of the definitions that are measured; `http` calls nobody. `failures`: how many first attempts of each
 * node fail.
 */
export function virtualNodes(
  clock: Pick<Clock, 'now'>,
  effects: Effect[],
  failures: Readonly<Record<string, number>>,
): NodeRegistry {
  const httpNode: EffectNodeType = {
    type: 'http',
    kind: 'effect',
    summary: 'ends at once',
    config: z.unknown(),
    attemptTimeoutMsDefault: ATTEMPT_TIMEOUT_MS,
    run: async ({ idempotencyKey, number }) => {
      const node = idempotencyKey.split(':')[1] ?? '';
      effects.push({ node, at: clock.now() });
      if (number <= (failures[node] ?? 0))
        throw NodeError.retryable(`http_${STATUS_OF_FAILURE}`, 'transient', 'it fails as it was told');
      return succeeded({ status: 200, headers: {}, body: { ok: true } });
    },
  };
  return new NodeRegistry([httpNode, transformNode, conditionNode, passNode, waitNode]);
}
