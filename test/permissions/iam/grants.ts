import * as z from 'zod';
import type { Lookup } from '../../../local/template/intrinsics.ts';
import { resolveIntrinsics } from '../../../local/template/intrinsics.ts';
import type { Template, TemplateResource } from '../../../local/template/template.ts';
import { parsePrincipals } from './principal-element.ts';
import { bearsOnPermissions } from './resource-types.ts';
import { shortName } from './short-names.ts';

/** The least that can be taken out of a template's policies: one action, on one resource, for one principal. */
export interface Grant {
  /** For people, and for `justified.ts`: `<who>: <action> on <resource>`. */
  readonly name: string;
  /** Resolved. */
  readonly action: string;
  /** Resolved; the owner's own where the policy has none (trust). */
  readonly resource: string;
  /** To the account as such: a resource's policy leaves it to those of the account's identities. */
  readonly delegates: boolean;
  /** Logical id of the policy that it stands in. */
  readonly policy: string;
  readonly place: Place;
}

type Place =
  | { readonly kind: 'resource' }
  | { readonly kind: 'statement'; readonly path: Path; readonly statement: number; readonly part: Part };

/** Where in a resource's properties a policy document lies. */
type Path = readonly (string | number)[];
/** Unresolved, as the statement has them. */
interface Part {
  readonly Action: string;
  readonly Resource?: unknown;
  readonly Principal?: unknown;
}

const Document = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]) });
const oneOrMore = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const RawStatement = z.looseObject({
  Effect: z.string(),
  // `NotAction` and `NotResource` grant what nobody has listed: no part of them could be taken out.
  NotAction: z.undefined().optional(),
  NotResource: z.undefined().optional(),
  Action: z.unknown().transform((value) => oneOrMore(value).map((action) => z.string().parse(action))),
  Resource: z.unknown().optional(),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
type RawStatement = z.infer<typeof RawStatement>;

export function grantsOf(template: Template, names: Lookup): readonly Grant[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) => {
    if (!bearsOnPermissions(id, resource)) return [];
    if (resource.Type === 'AWS::Lambda::Permission') return [permissionGrant(id, resource, names)];
    return documentPaths(resource).flatMap((path) =>
      statementsAt(resource, path).flatMap((raw, statement) => {
        const parsed = RawStatement.parse(raw);
        if (parsed.Effect !== 'Allow') return [];
        return partsOf(parsed).map((part) => {
          const place = { kind: 'statement', path, statement, part } as const;
          return grant(id, ownersOf(id, resource, names), part, parsed.Condition, place, names);
        });
      }),
    );
  });
}

/** The same template, but that this one thing is not granted there. */
export function withoutGrant(template: Template, { policy, place }: Grant): Template {
  const { [policy]: resource, ...others } = template.Resources;
  if (resource === undefined) throw new Error(`There is no ${policy}.`);
  if (place.kind === 'resource') return { ...template, Resources: others };
  const { path, statement, part } = place;
  const statements = statementsAt(resource, path).flatMap((raw, index) => {
    if (index !== statement) return [raw];
    const { Action: _action, Resource: _resource, Principal: _principal, ...rest } = raw as Record<string, unknown>;
    return partsOf(RawStatement.parse(raw))
      .filter((other) => JSON.stringify(other) !== JSON.stringify(part))
      .map((other) => ({ ...rest, ...other }));
  });
  return withStatements(template, policy, path, statements);
}

export function withStatements(
  template: Template,
  policy: string,
  path: Path,
  Statement: readonly unknown[],
): Template {
  const copy = structuredClone(template);
  const document = at(copy.Resources[policy]?.Properties, path);
  if (typeof document !== 'object' || document === null) throw new Error(`There is no policy in ${policy}.`);
  Reflect.set(document, 'Statement', Statement);
  return copy;
}

/** All policy documents of a resource, trust included: whoever may be a role is granted all that it may. */
export function documentPaths({ Type, Properties }: TemplateResource): readonly Path[] {
  switch (Type) {
    case 'AWS::IAM::Role': {
      const inline = z.array(z.unknown()).default([]).parse(Properties['Policies']);
      return [['AssumeRolePolicyDocument'], ...inline.map((_, index) => ['Policies', index, 'PolicyDocument'])];
    }
    case 'AWS::IAM::Policy':
    case 'AWS::SQS::QueuePolicy':
    case 'AWS::SNS::TopicPolicy':
    case 'AWS::S3::BucketPolicy':
      return [['PolicyDocument']];
    case 'AWS::KMS::Key':
      return [['KeyPolicy']];
    default:
      throw new Error(`The grants of a ${Type} cannot be taken out one by one yet (grants.ts).`);
  }
}

export function statementsAt({ Properties }: TemplateResource, path: Path): readonly unknown[] {
  return Document.parse(at(Properties, path)).Statement;
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

function partsOf({ Action, Resource, Principal }: RawStatement): readonly Part[] {
  const resources = Resource === undefined ? [{}] : oneOrMore(Resource).map((one) => ({ Resource: one }));
  const principals = Principal === undefined ? [{}] : principalsOf(Principal).map((one) => ({ Principal: one }));
  return Action.flatMap((one) =>
    resources.flatMap((resource) => principals.map((principal) => ({ Action: one, ...resource, ...principal }))),
  );
}

function principalsOf(principal: unknown): readonly unknown[] {
  if (typeof principal !== 'object' || principal === null) return [principal];
  return Object.entries(principal).flatMap(([kind, values]) => oneOrMore(values).map((value) => ({ [kind]: value })));
}

/** Whose policy it is: the roles of an identity's, the resource of a resource's. */
function ownersOf(id: string, { Type, Properties }: TemplateResource, names: Lookup): readonly string[] {
  const property = OWNER_PROPERTIES[Type];
  if (property === undefined) return [names.attribute(id, 'Arn')];
  return oneOrMore(Properties[property]).map((reference) => {
    const { Ref } = z.strictObject({ Ref: z.string() }).parse(reference);
    return names.attribute(Ref, 'Arn');
  });
}

const OWNER_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::IAM::Policy': 'Roles',
  'AWS::SQS::QueuePolicy': 'Queues',
  'AWS::SNS::TopicPolicy': 'Topics',
  'AWS::S3::BucketPolicy': 'Bucket',
};

function grant(
  policy: string,
  owners: readonly string[],
  part: Part,
  condition: unknown,
  place: Place,
  names: Lookup,
): Grant {
  const resolved = resolveIntrinsics({ ...part, condition }, names) as Record<string, unknown>;
  const resource = z.string().parse(resolved['Resource'] ?? owners.join(' and '));
  const who = part.Principal === undefined ? owners.map(shortName).join(' and ') : principalName(resolved['Principal']);
  const where =
    resource === '*' && part.Principal !== undefined ? owners.map(shortName).join(' and ') : shortName(resource);
  return {
    name: `${who}: ${part.Action} on ${where}${conditionName(resolved['condition'])}`,
    action: part.Action,
    resource,
    delegates:
      part.Principal !== undefined && parsePrincipals(resolved['Principal']).every(({ kind }) => kind === 'account'),
    policy,
    place,
  };
}

function principalName(principal: unknown): string {
  if (typeof principal !== 'object' || principal === null) return String(principal);
  return Object.values(principal).map(String).map(shortName).join(', ');
}

/** Two statements may grant the same for two reasons: the services that a key is used through. */
function conditionName(condition: unknown): string {
  if (typeof condition !== 'object' || condition === null) return '';
  const via = at(condition, ['StringEquals', 'kms:ViaService']);
  return typeof via === 'string' ? ` through ${via.split('.')[0]}` : '';
}

function permissionGrant(id: string, { Properties }: TemplateResource, names: Lookup): Grant {
  const resolved = resolveIntrinsics(Properties, names) as Record<string, unknown>;
  const resource = String(resolved['FunctionName']);
  const action = String(resolved['Action']);
  const name = `${String(resolved['Principal'])}: ${action} on ${shortName(resource)}`;
  return { name, action, resource, delegates: false, policy: id, place: { kind: 'resource' } };
}
