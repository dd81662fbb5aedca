import type { Json } from '../json.ts';
import type { Problem } from '../problem.ts';

/** Checks a JSON Schema that a definition brings along; `path` is where it stands. */
export type SchemaLint = (schema: Json, path: string) => readonly Problem[];

/** What the domain must know of node types; `shared/engine/node-registry.ts` answers from the plug-ins. */
export interface NodeCatalog {
  readonly types: readonly string[];
  get(type: string): CatalogEntry | undefined;
}

export interface CatalogEntry {
  readonly kind: 'effect' | 'pure';
  readonly attemptTimeoutMsDefault: number;
  /** What is wrong with `with`, templates aside; paths are relative to `with`. */
  checkWith(raw: Json): readonly { readonly path: string; readonly message: string }[];
  /** Branches that `needs: [x.<branch>]` may name; undefined: this type has none. */
  branches(raw: Json): readonly string[] | undefined;
}
