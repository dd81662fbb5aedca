import type { Json, JsonObject } from '../../shared/domain/json.ts';

/** A workflow as the API takes it. */
export interface Definition extends JsonObject {
  readonly name: string;
  readonly nodes: Readonly<Record<string, JsonObject>>;
}

export function http(url: string, needs: readonly string[], more: JsonObject = {}): JsonObject {
  return { type: 'http', needs: [...needs], with: { url }, ...more };
}

/** n0 → n1 → … Each calls `url`, the last one `lastUrl`. */
export function chain(name: string, length: number, url: string, lastUrl = url): Definition {
  const nodes = Array.from({ length }, (_, at) => [
    `n${at}`,
    http(at === length - 1 ? lastUrl : url, at === 0 ? [] : [`n${at - 1}`]),
  ]);
  return { name, nodes: Object.fromEntries(nodes) as Definition['nodes'] };
}

/** a → w0 … w<width - 1> → z. */
export function fanOut(name: string, width: number, url: string, lastUrl = url): Definition {
  const middle = Array.from({ length: width }, (_, at) => `w${at}`);
  const between = Object.fromEntries(middle.map((id) => [id, http(url, ['a'])]));
  return { name, nodes: { a: http(url, []), ...between, z: http(lastUrl, middle) } };
}

/** a → t0 → … → t<pure - 1> → b: transforms between two calls; none: the two alone. */
export function pureBetween(name: string, pure: number, url: string): Definition {
  const nodes: Record<string, JsonObject> = { a: http(url, []) };
  let last = 'a';
  for (let at = 0; at < pure; at += 1) {
    const value: Json = { step: at };
    nodes[`t${at}`] = { type: 'transform', needs: [last], with: { value } };
    last = `t${at}`;
  }
  return { name, nodes: { ...nodes, b: http(url, [last]) } };
}

export const sizeOf = ({ nodes }: Definition): number => Object.keys(nodes).length;
