import { err, ok, type Result } from '../result.ts';

/** A text with templates, cut into what stands as it is and what is an expression. */
export type Segment =
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'expression'; readonly source: string };

export function hasTemplate(text: string): boolean {
  return text.includes('{{');
}

/** Everything up to the `}}` that CEL's lexer finds: one in a string, a comment or a map literal does not count. */
export function segmentsOf(text: string): Result<readonly Segment[], string> {
  const segments: Segment[] = [];
  let from = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    if (open > from) segments.push({ form: 'text', text: text.slice(from, open) });
    const end = endOf(text, open + 2);
    if (end === undefined) return err(`the template that opens at character ${open + 1} is not closed by }}`);
    segments.push({ form: 'expression', source: text.slice(open + 2, end) });
    from = end + 2;
  }
  if (from < text.length) segments.push({ form: 'text', text: text.slice(from) });
  return ok(segments);
}

/**
 * Where the closing `}}` begins. One pass, as CEL's lexer goes: a string that is not closed ends the search at once, so a
 * megabyte of quotes costs a megabyte of steps.
 */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") {
      const end = endOfString(text, at, char);
      if (end === undefined) return undefined;
      at = end;
    } else if (char === '/' && text[at + 1] === '/') {
      const newline = text.indexOf('\n', at);
      if (newline < 0) return undefined;
      at = newline;
    } else {
      if (char === '{') depth += 1;
      if (char === '}' && depth === 0 && text[at + 1] === '}') return at;
      if (char === '}') depth = Math.max(0, depth - 1);
      at += 1;
    }
  }
  return undefined;
}

/** Behind the closing quote. `\` keeps the next character from closing, in raw strings too (as cel-js reads them). */
function endOfString(text: string, open: number, quote: string): number | undefined {
  const triple = quote.repeat(3);
  const isTriple = text.startsWith(triple, open);
  const close = isTriple ? triple : quote;
  for (let at = open + close.length; at < text.length; at += 1) {
    if (text.startsWith(close, at)) return at + close.length;
    if (text[at] === '\\') at += 1;
    else if (!isTriple && (text[at] === '\n' || text[at] === '\r')) return undefined;
  }
  return undefined;
}
