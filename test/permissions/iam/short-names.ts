const KIND = /^(?:table|role|function|key|log-group|event-bus)[/:]/;
/** CDK ends logical ids with a hash of the construct's path. */
const HASH = /(?<=[a-z])[0-9A-F]{8}(?=$|[/:])/gi;

/** Objects and schedules have names that say nothing, and too many. */
const NAMELESS = /^(arn:aws:s3:::[^/]+|arn:aws:scheduler:[^/]+:schedule\/[^/]+)\/(?!\*$).*$/;

/** For people: what is left of an ARN or logical id without account, region and hashes. */
export function shortName(arnOrId: string): string {
  const arn = arnOrId.replace(NAMELESS, '$1/…');
  const resource = arn.startsWith('arn:') ? arn.split(':').slice(5).join(':') : arn;
  return resource.replace(KIND, '').replaceAll(HASH, '');
}
