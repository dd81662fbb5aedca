import * as z from 'zod';

/** What CloudFormation knows of a resource once it exists; here, what the local emulators will call it. */
export interface Lookup {
  ref(logicalId: string): string;
  attribute(logicalId: string, name: string): string;
}

const Ref = z.strictObject({ Ref: z.string() });
const GetAtt = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Join = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const Sub = z.strictObject({
  'Fn::Sub': z.union([z.string(), z.tuple([z.string(), z.record(z.string(), z.unknown())])]),
});

/**
 * Replaces the intrinsic functions that CDK emits for us. Others (conditions, imports, mappings) throw rather than
 * be passed on as objects: a template that needs them needs more of this file.
 */
export function resolveIntrinsics(value: unknown, lookup: Lookup): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveIntrinsics(item, lookup));
  if (typeof value !== 'object' || value === null) return value;
  const [key, ...more] = Object.keys(value);
  if (key !== undefined && more.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) return call(value, lookup);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveIntrinsics(item, lookup)]));
}

function call(value: object, lookup: Lookup): string {
  const ref = Ref.safeParse(value);
  if (ref.success) return lookup.ref(ref.data.Ref);
  const attribute = GetAtt.safeParse(value);
  if (attribute.success) return lookup.attribute(...attribute.data['Fn::GetAtt']);
  const join = Join.safeParse(value);
  if (join.success) {
    const [separator, parts] = join.data['Fn::Join'];
    return parts.map((part) => z.string().parse(resolveIntrinsics(part, lookup))).join(separator);
  }
  const sub = Sub.safeParse(value);
  if (sub.success) return substitute(sub.data['Fn::Sub'], lookup);
  throw new Error(`The template uses an intrinsic that the local stack does not know: ${JSON.stringify(value)}`);
}

function substitute(sub: string | [string, Record<string, unknown>], lookup: Lookup): string {
  const [text, variables] = typeof sub === 'string' ? [sub, {}] : sub;
  return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return z.string().parse(resolveIntrinsics(variables[name], lookup));
    const [logicalId = name, ...attribute] = name.split('.');
    return attribute.length === 0 ? lookup.ref(logicalId) : lookup.attribute(logicalId, attribute.join('.'));
  });
}
