import type { App, CfnResource } from 'aws-cdk-lib';
import { Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** Two packs of rules: a synthesis with a finding that nobody has acknowledged fails. The reasons stand beside what they excuse. */
export function addNag(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** `rules`: `<pack>-<rule>` and why this construct, with all in it, need not keep it. */
export function acknowledge(scope: IConstruct, rules: Readonly<Record<string, string>>): void {
  const acknowledged = Object.entries(rules).map(([rule, reason]) => ({ id: `${packOf(rule)}::${rule}`, reason }));
  Validations.of(scope).acknowledge(...acknowledged);
}

function packOf(rule: string): string {
  return rule.slice(0, rule.indexOf('-'));
}

/** How cdk-nag names a resource in the id of a finding about wildcards. */
export function findingName(resource: CfnResource, attribute?: string): string {
  const id: unknown = Stack.of(resource).resolve(resource.logicalId);
  return `<${String(id)}${attribute === undefined ? '' : `.${attribute}`}>`;
}
