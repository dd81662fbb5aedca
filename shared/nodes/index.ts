import { NodeRegistry } from '../engine/node-registry.ts';
import { approvalNode } from './approval.ts';
import { conditionNode } from './condition.ts';
import { failNode } from './fail.ts';
import { httpNode } from './http.ts';
import { passNode } from './pass.ts';
import { transformNode } from './transform.ts';
import { waitNode } from './wait.ts';

export interface NodeOptions {
  /** `host:port` of local targets that http nodes may reach although they are not public; empty when deployed. */
  readonly httpAllow: readonly string[];
  /** Address of Lambda's Runtime API, which no http node may ever reach. */
  readonly runtimeApi: string | undefined;
}

/** The node types of this deployment. A new type is one file beside this one and one line here. */
export function createNodeRegistry({ httpAllow, runtimeApi }: NodeOptions): NodeRegistry {
  return new NodeRegistry([
    httpNode({ allow: httpAllow, runtimeApi }),
    transformNode,
    conditionNode,
    waitNode,
    approvalNode,
    passNode,
    failNode,
  ]);
}
