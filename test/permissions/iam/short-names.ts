const KIND = /^(?:table|role|function|key|log-group|event-bus)[/:]/;
/** CDK ends logical ids with a hash of the construct's path. */
const HASH = /(?<=[a-z])[0-9A-F]{8}(?=$|[/:])/gi;

/** For people: what is left of an ARN or logical id without account, region and hashes. */
export function shortName(arnOrId: string): string {
  const resource = arnOrId.startsWith('arn:') ? arnOrId.split(':').slice(5).join(':') : arnOrId;
  return resource.replace(KIND, '').replaceAll(HASH, '');
}
