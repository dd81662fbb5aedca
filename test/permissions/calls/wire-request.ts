/** The services that functions call, each on an endpoint of its own. */
export type Service = 'dynamodb' | 'sqs' | 's3' | 'scheduler' | 'events';

/** A request of an AWS SDK as it goes over the wire. */
export interface WireRequest {
  readonly service: Service;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** `X-Amz-Target`: the operation, where the protocol is one of the JSON ones. */
  readonly target: string | undefined;
  readonly body: string;
}

/** A request of which nobody has said what IAM is asked for it. */
export class UnknownRequest extends Error {
  override readonly name = 'UnknownRequest';

  constructor({ service, method, url, target }: WireRequest) {
    super(
      `nobody has said what IAM is asked for ${target ?? `${method} ${url}`} of ${service}: add it to test/permissions/calls`,
    );
  }
}

/** `DynamoDB_20120810.GetItem` → `GetItem` */
export function operationOf({ target = '' }: WireRequest): string {
  return target.slice(target.lastIndexOf('.') + 1);
}
