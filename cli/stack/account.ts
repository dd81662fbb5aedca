import type { Stack } from '@aws-sdk/client-cloudformation';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { IMPATIENT, PATIENT } from '../../shared/adapters/aws/client-settings.ts';
import type { AwsSettings } from './aws-settings.ts';
import { emptyBucket } from './bucket.ts';
import type { Caller } from './situation.ts';
import type { DeployedStack, StackResource } from './stack-state.ts';

/** `cdk bootstrap` leaves it; the qualifier is CDK's own, since our app sets none. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

const DeployedTemplate = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })),
});

/** The AWS account that the user's credentials open, as far as deploying and destroying needs it. */
export class Account implements Disposable {
  readonly #sts: STSClient;
  readonly #cloudFormation: CloudFormationClient;
  readonly #ssm: SSMClient;
  readonly #s3: S3Client;

  constructor(settings: AwsSettings) {
    this.#sts = new STSClient({ ...IMPATIENT, ...settings });
    this.#cloudFormation = new CloudFormationClient({ ...IMPATIENT, ...settings });
    this.#ssm = new SSMClient({ ...IMPATIENT, ...settings });
    this.#s3 = new S3Client({ ...PATIENT, ...settings });
  }

  async identifyCaller(): Promise<Caller> {
    const region = await this.#sts.config.region();
    const { Account: account, Arn: arn } = await this.#sts.send(new GetCallerIdentityCommand({}));
    if (account === undefined || arn === undefined) throw new Error('STS did not say whose credentials these are.');
    return { account, region, arn };
  }

  /** By its id a stack is found for some time after it was deleted, too; by its name it is not. */
  async describe(nameOrId: string): Promise<DeployedStack | undefined> {
    try {
      const { Stacks } = await this.#cloudFormation.send(new DescribeStacksCommand({ StackName: nameOrId }));
      const [stack] = Stacks ?? [];
      return stack === undefined ? undefined : described(stack);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Those that were created. By pages: a description of the stack would stop at a hundred. */
  async resourcesOf(nameOrId: string): Promise<readonly StackResource[]> {
    const resources: StackResource[] = [];
    const pages = paginateListStackResources({ client: this.#cloudFormation }, { StackName: nameOrId });
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const summary of StackResourceSummaries) {
        const { LogicalResourceId: logicalId, PhysicalResourceId: name, ResourceType: type } = summary;
        if (logicalId === undefined || name === undefined || name === '' || type === undefined) continue;
        resources.push({ logicalId, name, type, status: summary.ResourceStatus ?? '' });
      }
    }
    return resources;
  }

  /** Logical ids of what outlives the stack, as the deployed template has it: the one in this checkout may be another. */
  async retainedBy(stackName: string): Promise<ReadonlySet<string>> {
    const { TemplateBody } = await this.#cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
    const { Resources } = DeployedTemplate.parse(JSON.parse(TemplateBody ?? ''));
    const retained = Object.entries(Resources).filter(
      ([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete',
    );
    return new Set(retained.map(([logicalId]) => logicalId));
  }

  async setTerminationProtection(stackName: string, enabled: boolean): Promise<void> {
    await this.#cloudFormation.send(
      new UpdateTerminationProtectionCommand({ StackName: stackName, EnableTerminationProtection: enabled }),
    );
  }

  /** `unknown` to callers that may deploy through the CDK's roles but not look here: the CDK will tell them. */
  async bootstrapped(): Promise<'yes' | 'no' | 'unknown'> {
    try {
      await this.#ssm.send(new GetParameterCommand({ Name: BOOTSTRAP_PARAMETER }));
      return 'yes';
    } catch (error) {
      if (error instanceof Error && error.name === 'ParameterNotFound') return 'no';
      if (error instanceof Error && error.name.startsWith('AccessDenied')) return 'unknown';
      throw error;
    }
  }

  async emptyBucket(name: string): Promise<number> {
    return await emptyBucket(this.#s3, name);
  }

  [Symbol.dispose](): void {
    for (const client of [this.#sts, this.#cloudFormation, this.#ssm, this.#s3]) client.destroy();
  }
}

function described(stack: Stack): DeployedStack {
  const outputs = (stack.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return {
    id: stack.StackId ?? stack.StackName ?? '',
    status: stack.StackStatus ?? '',
    description: stack.Description,
    terminationProtection: stack.EnableTerminationProtection ?? false,
    outputs: Object.fromEntries(outputs),
  };
}

/** CloudFormation has no code of its own for it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && error.message.endsWith('does not exist');
}
