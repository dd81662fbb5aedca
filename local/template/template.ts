import * as z from 'zod';

/** A synthesized CloudFormation template, as far as every part of the local stack reads it. */
export const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
export type Template = z.infer<typeof Template>;

export type TemplateResource = Template['Resources'][string];

/** [logical id, resource] of one type, in the template's order. */
export function resourcesOfType(template: Template, type: string): (readonly [string, TemplateResource])[] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}
