import { isAlias, isMap, isScalar, isSeq, type Alias, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { pointer, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { forbiddenKeyMessage, isForbiddenKey } from './forbidden-key.ts';
import { KeySet } from './key-set.ts';
import { type ProblemList, quoted } from './problem-list.ts';
import { loneSurrogateAt, type TextPositions } from './text-position.ts';
import { YamlAnchors } from './yaml-anchors.ts';

const STRING_TAG = 'tag:yaml.org,2002:str';
/** `!` alone: "not resolved further", which makes any scalar a string. */
const NON_SPECIFIC_TAG = '!';
const TEMPLATE_START = '{{';
const MEND = `put quotes around it: "{{ … }}"`;

/**
 * A composed YAML tree to JSON. What is wrong goes to the list and reads as null, so that reading goes on and all
 * problems are found. The tree's depth was bounded before it was composed, so recursion is safe.
 */
export class YamlReader {
  readonly #text: string;
  readonly #positions: TextPositions;
  readonly #problems: ProblemList;
  readonly #anchors = new YamlAnchors();
  /** Line start of each reported unquoted template to the end of its last line; as few as there are problems. */
  readonly #templates: { from: number; to: number }[] = [];

  constructor(text: string, positions: TextPositions, problems: ProblemList) {
    this.#text = text;
    this.#positions = positions;
    this.#problems = problems;
  }

  read(root: unknown): Json {
    return this.#node(root, '', 0);
  }

  insideTemplate(offset: number): boolean {
    return this.#templates.some(({ from, to }) => offset >= from && offset <= to);
  }

  /** `depth`: how many collections stand around this node. */
  #node(node: unknown, path: string, depth: number): Json {
    if (isAlias(node)) return this.#alias(node, path, depth);
    if (isScalar(node)) return this.#anchored(node, () => this.#scalar(node, path));
    if (isMap(node)) return this.#anchored(node, () => this.#map(node, path, depth));
    if (isSeq(node)) return this.#anchored(node, () => this.#sequence(node, path, depth));
    return null;
  }

  #anchored(node: Scalar | YAMLMap | YAMLSeq, read: () => Json): Json {
    if (node.anchor === undefined) return read();
    this.#anchors.open(node.anchor);
    const value = read();
    this.#anchors.close(node.anchor, value);
    return value;
  }

  #alias(node: Alias, path: string, depth: number): Json {
    const found = this.#anchors.resolve(node.source, depth);
    if (found.ok) return found.value;
    this.#refuse(found.error.code, path, `the alias *${node.source} ${found.error.message}`, node);
    return null;
  }

  #map(node: YAMLMap, path: string, depth: number): Json {
    if (this.#isTemplate(node)) {
      this.#template(node, path, `an unquoted template is a YAML map: ${MEND}`);
      return null;
    }
    if (!this.#enter(node, path, depth)) return null;
    const value: Record<string, Json> = {};
    const keys = new KeySet();
    for (const pair of node.items) {
      const key = this.#key(pair, path);
      if (key === undefined) continue;
      const inner = pointer(path, key);
      const child = this.#node(pair.value, inner, depth + 1);
      if (!keys.add(key))
        this.#refuse('duplicate_key', inner, `the key ${quoted(key)} appears a second time`, pair.key);
      else if (isForbiddenKey(key))
        this.#problems.add('malformed', inner, forbiddenKeyMessage(key, this.#where(pair.key)));
      else value[key] = child;
    }
    return value;
  }

  #sequence(node: YAMLSeq, path: string, depth: number): Json {
    if (!this.#enter(node, path, depth)) return null;
    return node.items.map((item, index) => this.#node(item, pointer(path, index), depth + 1));
  }

  /** The tag and the depth of a collection. */
  #enter(node: YAMLMap | YAMLSeq, path: string, depth: number): boolean {
    if (node.tag !== undefined) this.#refuseTag(node.tag, path, node);
    if (depth < LIMITS.depthMax) return true;
    this.#refuse('limit_exceeded', path, `nests deeper than ${LIMITS.depthMax} levels`, node);
    return false;
  }

  /** Keys are strings as they are written: `1:` is "1", `true:` is "true". */
  #key(pair: Pair, path: string): string | undefined {
    const { key } = pair;
    if (isMap(key) && this.#isTemplate(key)) {
      this.#template(key, path, 'a template cannot be a key');
    } else if (!isScalar(key)) {
      this.#refuse('malformed', path, 'a key must be a string, not a list, a map or an alias', key);
    } else if (key.value === null) {
      this.#refuse('malformed', path, 'a key must be a string: put quotes around an empty or null key', key);
    } else if (key.type === 'PLAIN' && key.source === '<<') {
      this.#refuse('malformed', path, 'merge keys (<<) are not part of YAML 1.2: write the members out', key);
    } else {
      if (key.tag !== undefined && key.tag !== STRING_TAG) this.#refuseTag(key.tag, path, key);
      return typeof key.value === 'string' ? this.#string(key.value, path, key) : (key.source ?? '');
    }
    return undefined;
  }

  #scalar(node: Scalar, path: string): Json {
    if (node.tag !== undefined && node.tag !== STRING_TAG && node.tag !== NON_SPECIFIC_TAG)
      this.#refuseTag(node.tag, path, node);
    const { value } = node;
    if (typeof value === 'string') {
      this.#anchors.count(value.length);
      return this.#string(value, path, node);
    }
    this.#anchors.count(1);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.#refuse('malformed', path, `${quoted(node.source ?? '')} is not a JSON value: put quotes around it`, node);
    return null;
  }

  #string(value: string, path: string, node: unknown): string {
    if (loneSurrogateAt(value) === -1) return value;
    this.#refuse('malformed', path, 'half of a surrogate pair is not a character', node);
    return '';
  }

  /** `{{ x }}` parses as a map whose key is a map, and so does whatever else stands between the braces. */
  #isTemplate(node: YAMLMap): boolean {
    return node.flow === true && this.#text.startsWith(TEMPLATE_START, startOf(node));
  }

  #template(node: YAMLMap, path: string, message: string): void {
    if (this.#problems.full) return;
    this.#refuse('unquoted_template', path, message, node);
    const lineEnd = this.#text.indexOf('\n', node.range?.[1] ?? startOf(node));
    this.#templates.push({
      from: this.#text.lastIndexOf('\n', startOf(node)) + 1,
      to: lineEnd === -1 ? this.#text.length : lineEnd,
    });
  }

  #refuseTag(tag: string, path: string, node: unknown): void {
    this.#refuse('malformed', path, `the tag ${quoted(tag)} is not supported, only !!str on a scalar is`, node);
  }

  #refuse(code: Parameters<ProblemList['add']>[0], path: string, message: string, node: unknown): void {
    this.#problems.add(code, path, `${message} (${this.#where(node)})`);
  }

  #where(node: unknown): string {
    return this.#positions.describe(startOf(node));
  }
}

function startOf(node: unknown): number {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
}
