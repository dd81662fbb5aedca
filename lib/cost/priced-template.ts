/** A CloudFormation template as `cdk synth` writes it, as far as its idle cost depends on it. */
export interface PricedTemplate {
  readonly Resources: Readonly<Record<string, PricedResource>>;
}

export interface PricedResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A resource with its logical id. */
export interface NamedResource {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export function resourcesOfType({ Resources }: PricedTemplate, type: string): NamedResource[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties = {} }]) => ({ id, properties: Properties }));
}

/** CDK makes the one or the other, as a table may have replicas or not. */
export const tablesOf = (template: PricedTemplate): NamedResource[] =>
  ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].flatMap((type) => resourcesOfType(template, type));

/** The member at the end of a path, or undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}

export const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
};

export const numberAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
};

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};

/** The logical id that `Ref` or `Fn::GetAtt` names. */
export function referredBy(value: unknown): string | undefined {
  const [id] = listAt(value, 'Fn::GetAtt');
  return textAt(value, 'Ref') ?? (typeof id === 'string' ? id : undefined);
}

/** CDK ends its logical ids with eight digits of a hash. */
export const shortName = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');
