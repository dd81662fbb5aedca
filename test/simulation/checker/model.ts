import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/domain/json.ts';
import { sourceOf, type JoinRule, type TableNode } from '../../support/contract-tables.ts';

/** A workflow as its definition says it, read without the engine's compiler. */
export interface Model {
  /** Each node comes after what it needs. */
  readonly nodes: readonly ModelNode[];
  readonly byId: ReadonlyMap<string, ModelNode>;
  /** Every need of the workflow, as written. */
  readonly needs: ReadonlySet<string>;
  readonly hasOutput: boolean;
}

export interface ModelNode extends TableNode {
  readonly type: string;
  /** Its result rides in the record of another node. */
  readonly pure: boolean;
  readonly needs: readonly string[];
  readonly join: JoinRule;
  readonly hasIf: boolean;
  readonly atMostOnce: boolean;
  /** Of the retry policy, the first one included. */
  readonly attempts: number;
  readonly definition: JsonObject;
}

export const START = '$start';
const PURE_TYPES = new Set(['transform', 'condition', 'pass']);
const ATTEMPTS_DEFAULT = 3;

/** Definitions are immutable, and a simulation asks for the same one again and again. */
const models = new WeakMap<JsonObject, Model>();

export function modelOf(definition: JsonObject): Model {
  const known = models.get(definition);
  if (known !== undefined) return known;
  const nodes = isJsonObject(definition['nodes']) ? definition['nodes'] : {};
  const parsed = Object.entries(nodes).map(([id, spec]) => nodeOf(id, isJsonObject(spec) ? spec : {}));
  const model: Model = {
    nodes: inOrder(parsed),
    byId: new Map(parsed.map((node) => [node.id, node])),
    needs: new Set(parsed.flatMap(({ needs }) => needs)),
    hasOutput: definition['output'] !== undefined,
  };
  models.set(definition, model);
  return model;
}

function nodeOf(id: string, spec: JsonObject): ModelNode {
  const type = typeof spec['type'] === 'string' ? spec['type'] : '';
  const pure = PURE_TYPES.has(type);
  const atMostOnce = spec['delivery'] === 'at-most-once';
  return {
    id,
    type,
    pure,
    needs: textsOf(spec['needs']),
    join: joinOf(spec['join']),
    hasIf: spec['if'] !== undefined,
    atMostOnce,
    attempts: pure || atMostOnce ? 1 : attemptsOf(spec['retry']),
    definition: spec,
    ...(spec['onError'] === 'continue' && { onError: 'continue' }),
    ...(isJsonObject(spec['catch']) && {
      catch: Object.fromEntries(Object.entries(spec['catch']).map(([name, words]) => [name, textsOf(words)])),
    }),
  };
}

/** "`retry.attempts` counts the first try"; "attempts default to delays + 1"; three otherwise. */
function attemptsOf(retry: Json | undefined): number {
  if (!isJsonObject(retry)) return ATTEMPTS_DEFAULT;
  if (typeof retry['attempts'] === 'number') return retry['attempts'];
  return isJsonArray(retry['delays']) ? retry['delays'].length + 1 : ATTEMPTS_DEFAULT;
}

function joinOf(join: Json | undefined): JoinRule {
  return join === 'all' || join === 'first' || join === 'always' ? join : 'merge';
}

function textsOf(list: Json | undefined): readonly string[] {
  return isJsonArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function inOrder(nodes: readonly ModelNode[]): ModelNode[] {
  const followers = new Map<string, ModelNode[]>();
  const missing = new Map<string, number>();
  for (const node of nodes) {
    missing.set(node.id, node.needs.length);
    for (const need of node.needs) {
      const source = sourceOf(need);
      const known = followers.get(source);
      if (known === undefined) followers.set(source, [node]);
      else known.push(node);
    }
  }
  const ordered = nodes.filter(({ needs }) => needs.length === 0);
  for (const node of ordered) {
    for (const follower of followers.get(node.id) ?? []) {
      const left = (missing.get(follower.id) ?? 0) - 1;
      missing.set(follower.id, left);
      if (left === 0) ordered.push(follower);
    }
  }
  return ordered;
}
