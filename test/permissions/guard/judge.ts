import { credentialsOf } from '../../../local/aws-identity.ts';
import type { Lookup } from '../../../local/template/intrinsics.ts';
import { localNames } from '../../../local/template/local-names.ts';
import type { Template } from '../../../local/template/template.ts';
import { readDeployment, type DeployedFunction, type Deployment } from '../aws-side/deployment.ts';
import { keyCalls } from '../aws-side/key-calls.ts';
import { wireCalls } from '../calls/wire-calls.ts';
import type { WireRequest } from '../calls/wire-request.ts';
import type { Call } from '../iam/call.ts';
import { decide, type Decision, type PolicySet } from '../iam/decide.ts';
import { readPolicies } from '../iam/policy-set.ts';

/** What no policy speaks of. */
const NOWHERE = { baseUrl: 'https://api', queueUrl: (name: string) => `https://sqs/${name}` };

/** Decides calls by the policies of one template. */
export class Judge {
  readonly deployment: Deployment;
  readonly policies: PolicySet;
  readonly names: Lookup;
  readonly #functions: ReadonlyMap<string, DeployedFunction>;
  readonly #decided = new Map<string, Decision>();

  constructor(template: Template) {
    this.names = localNames(template, NOWHERE);
    this.deployment = readDeployment(template, this.names);
    this.policies = readPolicies(template, this.names);
    this.#functions = new Map(this.deployment.functions.map((fn) => [credentialsOf(fn.id).accessKeyId, fn]));
  }

  /** Whose access key this is. */
  callerOf(accessKeyId: string): DeployedFunction | undefined {
    return this.#functions.get(accessKeyId);
  }

  /** All that IAM is asked because a function makes this request. @throws for a request that nobody has described. */
  callsOf(request: WireRequest, { role }: DeployedFunction): readonly Call[] {
    return wireCalls(request, role).flatMap((call) => [call, ...keyCalls(this.deployment, call)]);
  }

  decide(call: Call): Decision {
    const key = keyOf(call);
    const known = this.#decided.get(key);
    if (known !== undefined) return known;
    const decision = decide(this.policies, call);
    this.#decided.set(key, decision);
    return decision;
  }
}

export function keyOf(call: Call): string {
  return JSON.stringify(call);
}
