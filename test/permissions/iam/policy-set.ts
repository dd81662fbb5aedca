import * as z from 'zod';
import type { Lookup } from '../../../local/template/intrinsics.ts';
import { resolveIntrinsics } from '../../../local/template/intrinsics.ts';
import type { Template, TemplateResource } from '../../../local/template/template.ts';
import type { PolicySet, RolePolicies } from './decide.ts';
import { bearsOnPermissions } from './resource-types.ts';
import { parsePolicy, type Statement } from './statement.ts';

/**
 * Reads every policy of a template. What could grant or deny something and is not understood is refused: a permission
 * that the proof does not see is the very thing that it is for.
 */
export function readPolicies(template: Template, names: Lookup): PolicySet {
  const reader = new PolicyReader(names);
  for (const [id, resource] of Object.entries(template.Resources)) reader.read(id, resource);
  return { roles: reader.roles, resources: reader.resources };
}

const Policy = z.object({ PolicyDocument: z.unknown() });
const Reference = z.strictObject({ Ref: z.string() });

const RoleProperties = z.strictObject({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
  // Not here, hence refused: ManagedPolicyArns, whose content is not in the template, and PermissionsBoundary.
  Description: z.string().optional(),
  MaxSessionDuration: z.number().optional(),
  Path: z.string().optional(),
  RoleName: z.string().optional(),
  Tags: z.unknown().optional(),
});

const IdentityPolicyProperties = z.strictObject({
  PolicyDocument: z.unknown(),
  PolicyName: z.string(),
  // Not here, hence refused: Users and Groups.
  Roles: z.array(Reference).min(1),
});

const PermissionProperties = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceAccount: z.string().optional(),
  SourceArn: z.string().optional(),
});

const EventBusPolicyProperties = z.strictObject({
  StatementId: z.string(),
  EventBusName: z.string(),
  Statement: z.record(z.string(), z.unknown()),
});

class PolicyReader {
  readonly roles = new Map<string, RolePolicies>();
  readonly resources = new Map<string, readonly Statement[]>();
  readonly #names: Lookup;

  constructor(names: Lookup) {
    this.#names = names;
  }

  read(id: string, resource: TemplateResource): void {
    if (!bearsOnPermissions(id, resource)) return;
    const where = `${resource.Type} ${id}`;
    const parsed = <T extends z.ZodType>(schema: T): z.output<T> => this.#properties(schema, resource, where);
    switch (resource.Type) {
      case 'AWS::IAM::Role':
        return this.#role(id, parsed(RoleProperties), where);
      case 'AWS::IAM::Policy':
        return this.#identityPolicy(resource, where);
      case 'AWS::SQS::QueuePolicy':
        return this.#resourcePolicy(referred(resource, 'Queues'), parsed(Policy).PolicyDocument, where);
      case 'AWS::SNS::TopicPolicy':
        return this.#resourcePolicy(referred(resource, 'Topics'), parsed(Policy).PolicyDocument, where);
      case 'AWS::S3::BucketPolicy':
        return this.#resourcePolicy(referred(resource, 'Bucket'), parsed(Policy).PolicyDocument, where);
      case 'AWS::KMS::Key':
        return this.#resourcePolicy([id], parsed(z.object({ KeyPolicy: z.unknown() })).KeyPolicy, where);
      case 'AWS::Lambda::Permission':
        return this.#permission(parsed(PermissionProperties), where);
      case 'AWS::Events::EventBusPolicy': {
        const { Statement } = parsed(EventBusPolicyProperties);
        const document = { Version: '2012-10-17', Statement };
        return this.#resourcePolicy(referred(resource, 'EventBusName'), document, where);
      }
      default:
        throw new Error(`${where} bears on permissions and is not read (policy-set.ts).`);
    }
  }

  #properties<T extends z.ZodType>(schema: T, { Properties }: TemplateResource, where: string): z.output<T> {
    const parsed = schema.safeParse(resolveIntrinsics(Properties, this.#names));
    if (parsed.success) return parsed.data;
    throw new Error(`${where} is not understood: ${z.prettifyError(parsed.error)}`);
  }

  #role(id: string, role: z.infer<typeof RoleProperties>, where: string): void {
    const arn = this.#arn(id);
    const inline = role.Policies.flatMap(({ PolicyName, PolicyDocument }) =>
      parsePolicy(PolicyDocument, `${where}, ${PolicyName}`, { principals: 'implied' }),
    );
    const trust = parsePolicy(role.AssumeRolePolicyDocument, `${where}, trust`, { principals: 'named', resource: arn });
    this.roles.set(arn, { trust, identity: [...this.#identityOf(arn), ...inline] });
  }

  /** Its roles are read as references: resolved, they would be names, which no policy speaks of. */
  #identityPolicy(resource: TemplateResource, where: string): void {
    const parsed = IdentityPolicyProperties.safeParse({
      ...resource.Properties,
      PolicyDocument: resolveIntrinsics(resource.Properties['PolicyDocument'], this.#names),
    });
    if (!parsed.success) throw new Error(`${where} is not understood: ${z.prettifyError(parsed.error)}`);
    const statements = parsePolicy(parsed.data.PolicyDocument, where, { principals: 'implied' });
    for (const { Ref } of parsed.data.Roles) {
      const arn = this.#arn(Ref);
      const trust = this.roles.get(arn)?.trust ?? [];
      this.roles.set(arn, { trust, identity: [...this.#identityOf(arn), ...statements] });
    }
  }

  #identityOf(arn: string): readonly Statement[] {
    return this.roles.get(arn)?.identity ?? [];
  }

  #resourcePolicy(ids: readonly string[], document: unknown, where: string): void {
    const statements = parsePolicy(document, where, { principals: 'named' });
    for (const id of ids) this.#add(this.#arn(id), statements);
  }

  /** A permission is a statement of the function's policy in other words. */
  #permission(permission: z.infer<typeof PermissionProperties>, where: string): void {
    const { Action, FunctionName, Principal, SourceAccount, SourceArn } = permission;
    const isService = Principal.endsWith('.amazonaws.com');
    const statement = {
      Effect: 'Allow',
      Action,
      Resource: FunctionName,
      Principal: isService ? { Service: Principal } : { AWS: Principal },
      Condition: {
        ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
        ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
      },
    };
    const document = { Version: '2012-10-17', Statement: [statement] };
    if (!FunctionName.startsWith('arn:')) throw new Error(`${where} names its function otherwise than by ARN.`);
    this.#add(FunctionName, parsePolicy(document, where, { principals: 'named' }));
  }

  #add(arn: string, statements: readonly Statement[]): void {
    this.resources.set(arn, [...(this.resources.get(arn) ?? []), ...statements]);
  }

  #arn(id: string): string {
    return this.#names.attribute(id, 'Arn');
  }
}

/** Logical ids that a property refers to, read before references become names. */
function referred(resource: TemplateResource, property: string): readonly string[] {
  const references = z.union([Reference, z.array(Reference).min(1)]).parse(resource.Properties[property]);
  return [references].flat().map(({ Ref }) => Ref);
}
