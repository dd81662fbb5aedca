import { WireError, xml } from './wire.ts';

export interface FakeResource {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  status: string;
}

export interface FakeStack {
  readonly id: string;
  readonly name: string;
  status: string;
  terminationProtection: boolean;
  readonly description: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: FakeResource[];
  /** Logical ids. */
  readonly retained: readonly string[];
}

/** What CloudFormation lists in one call. */
const PAGE_RESOURCES = 100;

/** CloudFormation, for stacks that a test has put there. */
export class FakeStacks {
  readonly #account: string;
  readonly #region: string;
  readonly #stacks: FakeStack[] = [];

  constructor(account: string, region: string) {
    this.#account = account;
    this.#region = region;
  }

  put(name: string, given: Partial<FakeStack> = {}): FakeStack {
    const id = `arn:aws:cloudformation:${this.#region}:${this.#account}:stack/${name}/${this.#stacks.length}`;
    const stack = {
      id,
      name,
      status: 'CREATE_COMPLETE',
      terminationProtection: false,
      description: 'Stepwell: durable DAG workflows',
      outputs: { TableName: `${name}-table`, ApiUrl: `https://${name}.example.com` },
      resources: [],
      retained: [],
      ...given,
    };
    this.#stacks.push(stack);
    return stack;
  }

  destroy(stack: FakeStack, isEmpty: (bucket: string) => boolean): boolean {
    if (stack.terminationProtection) return false;
    for (const resource of stack.resources) {
      if (resource.status === 'DELETE_COMPLETE') continue;
      if (stack.retained.includes(resource.logicalId)) resource.status = 'DELETE_SKIPPED';
      else if (resource.type === 'AWS::S3::Bucket' && !isEmpty(resource.name)) resource.status = 'DELETE_FAILED';
      else resource.status = 'DELETE_COMPLETE';
    }
    const failed = stack.resources.some(({ status }) => status === 'DELETE_FAILED');
    stack.status = failed ? 'DELETE_FAILED' : 'DELETE_COMPLETE';
    return !failed;
  }

  answer(action: string, parameters: URLSearchParams): string {
    const stack = this.#find(parameters.get('StackName') ?? '');
    switch (action) {
      case 'DescribeStacks':
        return xml({ Stacks: [description(stack)] });
      case 'ListStackResources':
        return listing(stack, Number(parameters.get('NextToken') ?? 0));
      case 'GetTemplate':
        return xml({ TemplateBody: template(stack) });
      case 'UpdateTerminationProtection':
        stack.terminationProtection = parameters.get('EnableTerminationProtection') === 'true';
        return xml({ StackId: stack.id });
      default:
        throw new WireError(400, 'InvalidAction', action);
    }
  }

  /** By name only while it is there, by id ever after. */
  #find(nameOrId: string): FakeStack {
    const stack = this.#stacks.findLast(
      ({ id, name, status }) => id === nameOrId || (name === nameOrId && status !== 'DELETE_COMPLETE'),
    );
    if (stack === undefined) throw new WireError(400, 'ValidationError', `Stack with id ${nameOrId} does not exist`);
    return stack;
  }
}

function description(stack: FakeStack) {
  const outputs = Object.entries(stack.outputs);
  return {
    StackId: stack.id,
    StackName: stack.name,
    StackStatus: stack.status,
    CreationTime: '2026-11-21T00:00:00Z',
    Description: stack.description,
    EnableTerminationProtection: stack.terminationProtection,
    Outputs: outputs.map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  };
}

function listing({ resources }: FakeStack, from: number): string {
  const next = from + PAGE_RESOURCES;
  return xml({
    StackResourceSummaries: resources.slice(from, next).map(({ logicalId, type, name, status }) => ({
      LogicalResourceId: logicalId,
      PhysicalResourceId: name,
      ResourceType: type,
      ResourceStatus: status,
      LastUpdatedTimestamp: '2026-11-21T00:00:00Z',
    })),
    NextToken: next < resources.length ? String(next) : undefined,
  });
}

function template({ resources, retained }: FakeStack): string {
  const entries = resources.map(({ logicalId, type }) => [
    logicalId,
    { Type: type, ...(retained.includes(logicalId) && { DeletionPolicy: 'Retain' }) },
  ]);
  return JSON.stringify({ Resources: Object.fromEntries(entries) });
}
