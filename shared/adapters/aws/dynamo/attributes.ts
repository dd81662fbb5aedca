import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as DynamoDB's API has it. The few types that Stepwell uses need no marshalling library. */
export type Item = Record<string, AttributeValue>;

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const bytes = (value: Uint8Array): AttributeValue => ({ B: value });
export const textSet = (values: readonly string[]): AttributeValue => ({ SS: [...values] });

export function textOf(item: Item, name: string): string | undefined {
  return item[name]?.S;
}

export function numberOf(item: Item, name: string): number | undefined {
  const value = item[name]?.N;
  return value === undefined ? undefined : Number(value);
}

export function keyAttributes({ pk, sk }: { readonly pk: string; readonly sk: string }): Item {
  return { pk: text(pk), sk: text(sk) };
}

/** What DynamoDB bills an item by, near enough: names and values in bytes. */
export function itemBytes(item: Item): number {
  let sum = 0;
  for (const name in item) sum += name.length + attributeBytes(item[name]);
  return sum;
}

function attributeBytes(value: AttributeValue | undefined): number {
  if (value?.S !== undefined) return Buffer.byteLength(value.S);
  if (value?.N !== undefined) return value.N.length;
  if (value?.B !== undefined) return value.B.length;
  return (value?.SS ?? []).reduce((sum, member) => sum + Buffer.byteLength(member), 0);
}
