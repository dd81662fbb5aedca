import { isJsonArray, isJsonObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { err, ok, type Result } from '../domain/result.ts';

/**
 * Characters that aliases may add to a document. In memory an alias shares its value, but the definition is stored
 * written out: nine lines of "billion laughs" would be gigabytes.
 */
export const ALIAS_EXPANSION_MAX = 1_024 * 1_024;

interface Anchor {
  readonly value: Json;
  readonly size: number;
  readonly height: number;
}
interface AliasError {
  readonly code: 'malformed' | 'limit_exceeded';
  readonly message: string;
}

/**
 * The anchored values of one document. Sizes are the difference of a running count before and after a value was read,
 * aliases in it included, so each costs a subtraction however deep anchors nest.
 */
export class YamlAnchors {
  readonly #done = new Map<string, Anchor>();
  /** Sizes at which anchors being read were opened; one name may be open twice. */
  readonly #open: { readonly name: string; readonly countBefore: number }[] = [];
  readonly #heights = new WeakMap<object, number>();
  #count = 0;
  #added = 0;

  count(size: number): void {
    this.#count += size + 1;
  }

  open(name: string): void {
    this.#open.push({ name, countBefore: this.#count });
  }

  close(name: string, value: Json): void {
    const opened = this.#open.pop();
    const size = this.#count - (opened?.countBefore ?? 0) + 1;
    this.#done.set(name, { value, size, height: this.#height(value) });
  }

  /** `depth`: how many collections stand around the alias. */
  resolve(name: string, depth: number): Result<Json, AliasError> {
    if (this.#open.some((opened) => opened.name === name))
      return err({ code: 'malformed', message: 'stands inside the value it names' });
    const anchor = this.#done.get(name);
    if (anchor === undefined) return err({ code: 'malformed', message: 'names no anchor before it' });
    this.#added += anchor.size;
    this.#count += anchor.size;
    if (this.#added > ALIAS_EXPANSION_MAX) {
      return err({
        code: 'limit_exceeded',
        message: `brings what aliases add to more than ${ALIAS_EXPANSION_MAX} characters`,
      });
    }
    if (depth + anchor.height > LIMITS.depthMax) {
      return err({ code: 'limit_exceeded', message: `makes the document nest deeper than ${LIMITS.depthMax} levels` });
    }
    return ok(anchor.value);
  }

  #height(value: Json): number {
    if (!isJsonArray(value) && !isJsonObject(value)) return 0;
    const known = this.#heights.get(value);
    if (known !== undefined) return known;
    const height =
      1 + Object.values(value).reduce<number>((highest, child) => Math.max(highest, this.#height(child)), 0);
    this.#heights.set(value, height);
    return height;
  }
}
