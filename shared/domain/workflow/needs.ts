/** What one entry of `needs` asks for: an end of a node, or one of its branches. */
export type Selector =
  | { readonly kind: 'plain' }
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'catch'; readonly name: string }
  | { readonly kind: 'error' };

export interface Need {
  readonly node: string;
  readonly selector: Selector;
}

/** What the needed node offers besides its plain end. */
export interface Offers {
  readonly branches: ReadonlySet<string>;
  readonly catches: ReadonlySet<string>;
}

/** Splits `node` or `node.name`; the name is looked up by {@link selectorOf}. */
export function splitNeed(text: string): { readonly node: string; readonly name?: string } {
  const dot = text.indexOf('.');
  return dot === -1 ? { node: text } : { node: text.slice(0, dot), name: text.slice(dot + 1) };
}

export function selectorOf(name: string | undefined, offers: Offers): Selector | undefined {
  if (name === undefined) return { kind: 'plain' };
  if (name === 'error') return { kind: 'error' };
  if (offers.catches.has(name)) return { kind: 'catch', name };
  if (offers.branches.has(name)) return { kind: 'branch', name };
  return undefined;
}

/** Whether a code or class of codes in `catch` (`declined`, `http_4xx`, `timeout`, or a category) takes this failure. */
export function catchMatches(pattern: string, failed: { readonly code: string; readonly category: string }): boolean {
  if (pattern === failed.code || pattern === failed.category) return true;
  return /^http_[1-5]xx$/.test(pattern) && new RegExp(`^http_${pattern[5]}\\d\\d$`).test(failed.code);
}
