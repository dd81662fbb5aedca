import type { Deployment } from './aws-side/deployment.ts';
import type { Grant } from './iam/grants.ts';
import { hasWildcard } from './iam/pattern.ts';

/**
 * Actions that know no resources: `*` is all that can be said of them
 * (docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html).
 */
const WITHOUT_RESOURCES: ReadonlySet<string> = new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);

/** What nobody knows when the stack is deployed: objects and schedules have names of their own, log streams are Lambda's. */
const UNDER: Readonly<Record<string, (deployment: Deployment) => readonly string[]>> = {
  's3:GetObject': ({ buckets }) => buckets.map((bucket) => `${bucket}/*`),
  's3:PutObject': ({ buckets }) => buckets.map((bucket) => `${bucket}/*`),
  'scheduler:CreateSchedule': ({ groups }) =>
    groups.map((group) => `${group.replace(':schedule-group/', ':schedule/')}/*`),
  'logs:CreateLogStream': ({ functions }) => functions.map(({ logStreams }) => logStreams),
  'logs:PutLogEvents': ({ functions }) => functions.map(({ logStreams }) => logStreams),
};

/**
 * A key's policy leaves it to the account's own policies who may do what; without this statement nobody could ever change
 * the key, nor its policy (docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
 */
function isDelegation({ action, resource, delegates }: Grant): boolean {
  return delegates && action === 'kms:*' && resource === '*';
}

/** Grants that reach further than what they name: none but those above. */
export function wildcards(grants: readonly Grant[], deployment: Deployment): readonly string[] {
  return grants.filter((grant) => reachesTooFar(grant, deployment)).map(({ name }) => name);
}

function reachesTooFar(grant: Grant, deployment: Deployment): boolean {
  if (isDelegation(grant)) return false;
  const { action, resource } = grant;
  if (hasWildcard(action)) return true;
  if (!hasWildcard(resource)) return false;
  if (resource === '*') return !WITHOUT_RESOURCES.has(action);
  const under = Object.hasOwn(UNDER, action) ? UNDER[action] : undefined;
  return under?.(deployment).includes(resource) !== true;
}
