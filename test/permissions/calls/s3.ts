import type { Call } from '../iam/call.ts';
import { asRole } from './requester.ts';
import { UnknownRequest, type WireRequest } from './wire-request.ts';

/** S3's rights are not named after its operations. */
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};
const BUCKET_ACTIONS: Readonly<Record<string, string>> = { GET: 's3:ListBucket', HEAD: 's3:ListBucket' };

/** What a query may hold without making it another operation (`?versionId`, `?tagging`, `?uploads` …). */
const INNOCENT_PARAMETERS = new Set(['x-id', 'list-type', 'prefix', 'max-keys', 'continuation-token']);

/** Of path-style requests, which are what emulators get. */
export function s3Calls(request: WireRequest, role: string): readonly Call[] {
  const { pathname, searchParams } = new URL(request.url, 'http://s3');
  const [, bucket = '', ...key] = pathname.split('/').map(decodeURIComponent);
  const actions = key.join('/') === '' ? BUCKET_ACTIONS : OBJECT_ACTIONS;
  const action = Object.hasOwn(actions, request.method) ? actions[request.method] : undefined;
  const isInnocent = [...searchParams.keys()].every((name) => INNOCENT_PARAMETERS.has(name));
  if (bucket === '' || action === undefined || !isInnocent) throw new UnknownRequest(request);
  const name = actions === BUCKET_ACTIONS ? bucket : `${bucket}/${key.join('/')}`;
  return [asRole(role, action, `arn:aws:s3:::${name}`)];
}
