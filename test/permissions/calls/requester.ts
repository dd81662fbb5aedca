import { ACCOUNT, REGION } from '../../../local/aws-identity.ts';
import type { Call } from '../iam/call.ts';

const EVERYWHERE = {
  'aws:securetransport': 'true',
  'aws:requestedregion': REGION,
  'aws:resourceaccount': ACCOUNT,
} as const;

/** A call that a function makes with its role's credentials. */
export function asRole(role: string, action: string, resource: string, more: Call['context'] = {}): Call {
  return {
    principal: { role },
    action,
    resource,
    context: {
      ...EVERYWHERE,
      'aws:principalaccount': ACCOUNT,
      'aws:principalarn': role,
      'aws:principalisawsservice': 'false',
      'aws:viaawsservice': 'false',
      ...more,
    },
  };
}

/** A call that a service makes in its own name, because of something in this account. */
export function asService(service: string, action: string, resource: string, sourceArn: string): Call {
  return {
    principal: { service },
    action,
    resource,
    context: {
      ...EVERYWHERE,
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': service,
      'aws:sourceaccount': ACCOUNT,
      'aws:sourcearn': sourceArn,
    },
  };
}

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
