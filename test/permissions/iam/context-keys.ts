/**
 * Condition keys that the modelled calls carry wherever AWS would. A key that is not here would be missing for want of a
 * model, not because AWS leaves it out, and a `Deny` that hangs on it would be passed over silently: policies that name
 * one are refused.
 */
const KNOWN_KEYS = new Set(
  [
    // AWS's own SDKs use TLS unless told otherwise; the emulators, which speak plain HTTP, stand for such calls.
    'aws:SecureTransport',
    'aws:PrincipalAccount',
    'aws:PrincipalArn',
    'aws:PrincipalIsAWSService',
    'aws:PrincipalServiceName',
    'aws:ResourceAccount',
    'aws:RequestedRegion',
    'aws:ViaAWSService',
    // Of calls that a service makes on a resource's behalf.
    'aws:SourceAccount',
    'aws:SourceArn',
    'iam:PassedToService',
    'kms:CallerAccount',
    'kms:ViaService',
  ].map((key) => key.toLowerCase()),
);

const KNOWN_FAMILIES = ['kms:encryptioncontext:'] as const;

export function isKnownKey(key: string): boolean {
  const lower = key.toLowerCase();
  return KNOWN_KEYS.has(lower) || KNOWN_FAMILIES.some((family) => lower.startsWith(family));
}
