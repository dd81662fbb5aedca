import { unreachable } from '../../../shared/domain/invariant.ts';
import * as z from 'zod';
import type { Principal } from './call.ts';

/** Whom a statement of a resource's policy is about. */
export type PrincipalPattern =
  | { readonly kind: 'everyone' }
  /** The account as such: whom it names is then a matter of the identities' own policies. */
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'role'; readonly arn: string }
  | { readonly kind: 'service'; readonly service: string };

const Texts = z.union([z.string(), z.array(z.string())]).transform((texts) => [texts].flat());

/** Federated and canonical users would need another model, and are refused. */
const Element = z.union([
  z.literal('*').transform(() => ({ AWS: ['*'], Service: [] })),
  z.strictObject({ AWS: Texts.default([]), Service: Texts.default([]) }),
]);

const ACCOUNT = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/;
const ROLE = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/;

export function parsePrincipals(element: unknown): readonly PrincipalPattern[] {
  const { AWS, Service } = Element.parse(element);
  return [...AWS.map(parseAws), ...Service.map(parseService)];
}

function parseAws(text: string): PrincipalPattern {
  if (text === '*') return { kind: 'everyone' };
  const account = ACCOUNT.exec(text)?.[1];
  if (account !== undefined) return { kind: 'account', account };
  if (ROLE.test(text)) return { kind: 'role', arn: text };
  throw new Error(`the principal ${text} is not understood`);
}

function parseService(text: string): PrincipalPattern {
  if (!/^[a-z0-9.-]+\.amazonaws\.com$/.test(text)) throw new Error(`the service principal ${text} is not understood`);
  return { kind: 'service', service: text };
}

/** Whether the statement is about this very principal, or only about the account that it belongs to. */
export function standsFor(pattern: PrincipalPattern, principal: Principal): 'itself' | 'its account' | undefined {
  switch (pattern.kind) {
    case 'everyone':
      return 'itself';
    case 'account':
      return 'role' in principal && principal.role.split(':')[4] === pattern.account ? 'its account' : undefined;
    case 'role':
      return 'role' in principal && principal.role === pattern.arn ? 'itself' : undefined;
    case 'service':
      return 'service' in principal && principal.service === pattern.service ? 'itself' : undefined;
    default:
      return unreachable(pattern);
  }
}
