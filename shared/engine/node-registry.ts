import type { Json } from '../domain/json.ts';
import { hasTemplate } from '../domain/expression/template.ts';
import { isJsonArray, isJsonObject, pointer } from '../domain/json.ts';
import type { CatalogEntry, NodeCatalog } from '../domain/workflow/node-catalog.ts';
import { plainMessage } from '../domain/plain-message.ts';
import { invariant } from '../domain/invariant.ts';
import type { NodeType } from './node-type.ts';

/** The node types of one deployment, and what the domain may know of them. */
export class NodeRegistry implements NodeCatalog {
  readonly #types: ReadonlyMap<string, NodeType>;
  readonly #entries: ReadonlyMap<string, CatalogEntry>;

  constructor(types: readonly NodeType[]) {
    this.#types = new Map(types.map((type) => [type.type, type]));
    this.#entries = new Map(types.map((type) => [type.type, catalogEntry(type)]));
    invariant(this.#types.size === types.length, 'two node types share a name');
  }

  get types(): readonly string[] {
    return [...this.#types.keys()].sort();
  }

  get(type: string): CatalogEntry | undefined {
    return this.#entries.get(type);
  }

  implementation(type: string): NodeType {
    const found = this.#types.get(type);
    invariant(found !== undefined, `node type '${type}' is in a stored plan but not in this deployment`);
    return found;
  }
}

function catalogEntry(type: NodeType): CatalogEntry {
  return {
    kind: type.kind,
    attemptTimeoutMsDefault: type.kind === 'effect' ? type.attemptTimeoutMsDefault : 0,
    checkWith: (raw) => checkWith(type, raw),
    branches: (raw) => (type.kind === 'pure' ? type.branches?.(raw) : undefined),
  };
}

/**
 * Checks `with` as far as it can be known at save: an issue at or below a string that holds a template, or at a list or
 * map with such a string in it that the issue is about as a whole, is left to the run.
 */
function checkWith(type: NodeType, raw: Json): { path: string; message: string }[] {
  const parsed = type.config.safeParse(raw);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const at = issue.path.reduce<string>((path, token) => pointer(path, String(token)), '');
      return issue.keys.map((key) => ({
        path: pointer(at, key),
        message: `'${key}' is not a known field of '${type.type}'`,
      }));
    }
    if (isTemplated(raw, issue.path)) return [];
    return [
      {
        path: issue.path.reduce<string>((path, token) => pointer(path, String(token)), ''),
        message: plainMessage(issue),
      },
    ];
  });
}

function isTemplated(raw: Json, path: readonly PropertyKey[]): boolean {
  let value: Json | undefined = raw;
  for (const token of path) {
    if (typeof value === 'string') break;
    if (isJsonArray(value)) value = value[Number(token)];
    else if (isJsonObject(value)) value = value[String(token)];
    else return false;
  }
  return typeof value === 'string' && hasTemplate(value);
}
