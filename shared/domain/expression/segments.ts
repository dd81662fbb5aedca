import { err, ok, type Result } from '../result.ts';

/** A text with templates, cut into what stands as it is and what is an expression. */
export type Segment = { readonly form: 'text'; readonly text: string } | { readonly form: 'expression'; readonly source: string };

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

/** A string literal (triple-quoted or not, `\` escaping the next character), a comment, or any single character. */
const TOKEN = /"""(?:[^\\]|\\.)*?"""|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|\/\/[^\n]*|[^{}"'/]+|./gs;

/** Where the closing `}}` begins. A quote that nothing closes is left to the parser, unless it hides every `}}`. */
function endOf(text: string, from: number): number | undefined {
  const token = new RegExp(TOKEN);
  token.lastIndex = from;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '{') depth += 1;
    if (match[0] === '}') {
      if (depth === 0 && text[match.index + 1] === '}') return match.index;
      depth -= 1;
    }
  }
  return undefined;
}
