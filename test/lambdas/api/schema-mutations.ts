import * as z from 'zod';
import { isJsonObject, pointer, type Json, type JsonObject } from '../../../shared/domain/json.ts';

export interface Mutation {
  readonly label: string;
  readonly document: Json;
}

interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const SPECIMENS: readonly { readonly type: string; readonly value: Json }[] = [
  { type: 'null', value: null },
  { type: 'boolean', value: true },
  { type: 'integer', value: 7 },
  { type: 'number', value: 1.5 },
  { type: 'string', value: 'text' },
  { type: 'string', value: '' },
  { type: 'array', value: [] },
  { type: 'array', value: [{}] },
  { type: 'object', value: {} },
  { type: 'object', value: { a: 1 } },
];

export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

/**
 * Every document that the schema refuses and that differs from a valid one in a single place: each field missing, of
 * each other type, out of its bounds, next to an unknown one.
 */
export function wrongDocuments(schema: z.ZodType, valid: JsonObject): Mutation[] {
  return [...mutationsAt(schemaNode(schema), valid, '')].filter(({ document }) => !schema.safeParse(document).success);
}

/** Fields that the schema knows and the sample lacks: whoever adds a field is told to add it to the sample. */
export function fieldsWithoutSample(schema: z.ZodType, samples: readonly JsonObject[]): string[] {
  const wanted = new Set(fieldsOf(schemaNode(schema), ''));
  for (const sample of samples) for (const path of presentFields(sample, '')) wanted.delete(path);
  return [...wanted];
}

function* fieldsOf({ properties = {}, additionalProperties, items }: SchemaNode, path: string): Generator<string> {
  for (const [name, property] of Object.entries(properties)) {
    yield `${path}/${name}`;
    yield* fieldsOf(property, `${path}/${name}`);
  }
  if (additionalProperties !== undefined && additionalProperties !== false)
    yield* fieldsOf(additionalProperties, `${path}/*`);
  if (items !== undefined) yield* fieldsOf(items, `${path}/*`);
}

function* presentFields(value: Json, path: string): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    // A member of a record is not a field: it counts under any name.
    for (const at of [`${path}/${name}`, `${path}/*`]) {
      yield at;
      yield* presentFields(member, at);
    }
  }
}

function* mutationsAt(node: SchemaNode, value: Json, path: string): Generator<Mutation> {
  const at = path === '' ? 'the document' : path;
  for (const specimen of SPECIMENS)
    yield { label: `${at} is ${JSON.stringify(specimen.value)}`, document: specimen.value };
  for (const bound of beyondBounds(node))
    yield { label: `${at} is ${JSON.stringify(bound).slice(0, 40)}`, document: bound };
  if (Array.isArray(value) && node.items !== undefined && value.length > 0) {
    for (const { label, document } of mutationsAt(node.items, value[0] as Json, `${path}/0`))
      yield { label, document: [document, ...(value as Json[]).slice(1)] };
  }
  if (isJsonObject(value)) yield* objectMutations(node, value, path);
}

function* objectMutations(node: SchemaNode, value: JsonObject, path: string): Generator<Mutation> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = node;
  for (const name of required) {
    const { [name]: _missing, ...rest } = value;
    yield { label: `${path}/${name} is missing`, document: rest };
  }
  for (const key of ['surprise', '', 'toString', 'a/b~c', '\u0000', '😀'])
    yield { label: `unknown ${JSON.stringify(key)} in ${path}`, document: { ...value, [key]: 1 } };
  for (const [name, member] of Object.entries(value)) {
    const schema = properties[name] ?? (additionalProperties === false ? undefined : additionalProperties);
    if (schema === undefined) continue;
    for (const { label, document } of mutationsAt(schema, member, pointer(path, name)))
      yield { label, document: { ...value, [name]: document } };
    if (properties[name] === undefined && propertyNames !== undefined) {
      for (const key of ['', ' ', 'a b', 'ä', 'k'.repeat(10_000)])
        yield { label: `key ${JSON.stringify(key.slice(0, 20))} in ${path}`, document: { ...value, [key]: member } };
    }
  }
}

function* beyondBounds(node: SchemaNode): Generator<Json> {
  for (const option of node.anyOf ?? []) yield* beyondBounds(option);
  if (node.enum !== undefined) yield* ['nope', 'SUCCEEDED', ' '];
  if (node.pattern !== undefined) yield* ['', ' ', 'ä', 'a b', '\u0000', '../..', '{{ 1 }}'];
  if (node.minLength !== undefined) yield 'x'.repeat(node.minLength - 1);
  if (node.maxLength !== undefined)
    yield* ['x'.repeat(node.maxLength + 1), '😀'.repeat(node.maxLength), 'x'.repeat(500_000)];
  if (node.minimum !== undefined) yield* [node.minimum - 1, -1e300];
  if (node.maximum !== undefined) yield* [node.maximum + 1, 1e300];
  if (node.minItems !== undefined) yield [];
  if (node.maxItems !== undefined) yield Array.from({ length: node.maxItems + 1 }, () => '1s');
}
