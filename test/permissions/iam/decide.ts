import { nameOf, type Call } from './call.ts';
import { appliesTo, type Statement } from './statement.ts';

/** What a role may do, and who may be it. */
export interface RolePolicies {
  readonly trust: readonly Statement[];
  readonly identity: readonly Statement[];
}

/** All policies of a deployment, by the ARN of what they belong to. */
export interface PolicySet {
  readonly roles: ReadonlyMap<string, RolePolicies>;
  /** Of queues, buckets, functions, keys, buses and topics. */
  readonly resources: ReadonlyMap<string, readonly Statement[]>;
}

export type Decision =
  | { readonly allowed: true; readonly by: readonly Statement[] }
  | { readonly allowed: false; readonly why: string; readonly by?: Statement };

/**
 * IAM's answer within one account, without what no template of ours has: organisations, boundaries, session policies.
 *
 * 1. A `Deny` anywhere that applies ends it.
 * 2. A role may what its own policy or the resource's allows; either will do.
 * 3. Except for keys and for being a role, where the resource's policy has the last word: it allows the role itself, or
 *    names the account and thereby leaves it to the role's policy.
 * 4. A service in its own name has no policy: the resource's must allow it.
 */
export function decide(policies: PolicySet, call: Call): Decision {
  const own = ownStatements(policies, call);
  const resource = resourceStatements(policies, call);
  const denied = [...own, ...resource].find(
    (statement) => statement.effect === 'Deny' && appliesTo(statement, call) !== undefined,
  );
  if (denied !== undefined) return { allowed: false, why: `an explicit deny (${denied.where})`, by: denied };
  const allows = (statements: readonly Statement[], as: 'itself' | 'its account') =>
    statements.filter((statement) => statement.effect === 'Allow' && appliesTo(statement, call) === as);
  const byResource = allows(resource, 'itself');
  const byOwn = allows(own, 'itself');
  if ('service' in call.principal)
    return outcome(byResource, `no policy of the resource allows ${nameOf(call.principal)}`);
  if (!resourceDecides(call))
    return outcome([...byOwn, ...byResource], 'no policy of the role or of the resource allows it');
  if (byResource.length > 0) return outcome(byResource, '');
  const delegated = allows(resource, 'its account');
  if (delegated.length === 0)
    return { allowed: false, why: 'the policy of the resource allows neither the role nor its account' };
  return outcome(byOwn.length === 0 ? [] : [...byOwn, ...delegated], 'no policy of the role allows it');
}

function outcome(by: readonly Statement[], otherwise: string): Decision {
  return by.length > 0 ? { allowed: true, by } : { allowed: false, why: `an implicit deny: ${otherwise}` };
}

function resourceDecides({ action }: Call): boolean {
  return action.startsWith('kms:') || action === 'sts:AssumeRole';
}

function ownStatements({ roles }: PolicySet, { principal }: Call): readonly Statement[] {
  if ('service' in principal) return [];
  const role = roles.get(principal.role);
  if (role === undefined) throw new Error(`The template has no role ${principal.role}.`);
  return role.identity;
}

function resourceStatements({ roles, resources }: PolicySet, { action, resource }: Call): readonly Statement[] {
  if (action === 'sts:AssumeRole') return roles.get(resource)?.trust ?? [];
  // An object is guarded by its bucket's policy.
  const owner = resource.startsWith('arn:aws:s3:') ? (resource.split('/')[0] ?? resource) : resource;
  return resources.get(owner) ?? [];
}
