import { LIMITS } from '../../domain/limits.ts';
import type { Json } from '../../domain/json.ts';
import { NodeError } from '../../engine/node-type.ts';

/**
 * What `output.body` is, decided by the answer's content type and not by its bytes, so that a workflow sees the same
 * kind of value every time:
 *
 *   application/json, +json                             the value; text if it is not valid JSON
 *   text/*, XML, YAML, JavaScript, forms, any charset=  text
 *   anything else (images, PDF, octet-stream)           base64
 *   none                                                text if it is UTF-8, else base64
 *
 * An empty body is '' whatever its type.
 */
export function bodyValue(bytes: Buffer, contentType: string | undefined): Json {
  if (bytes.byteLength === 0) return '';
  const { essence, charset } = parseContentType(contentType ?? '');
  if (essence === '') return decodeUtf8(bytes) ?? bytes.toString('base64');
  if (isJson(essence)) return parseJson(decodeText(bytes, charset));
  return charset !== undefined || isText(essence) ? decodeText(bytes, charset) : bytes.toString('base64');
}

function parseContentType(header: string): { readonly essence: string; readonly charset: string | undefined } {
  const [essence = ''] = header.split(';');
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(header)?.[1];
  return { essence: essence.trim().toLowerCase(), charset };
}

function isJson(essence: string): boolean {
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json');
}

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/xml',
  'application/javascript',
  'application/ecmascript',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'application/jsonl',
  'application/json-seq',
  'application/graphql',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/sql',
]);

function isText(essence: string): boolean {
  return essence.startsWith('text/') || TEXT_TYPES.has(essence) || /\+(xml|yaml)$/.test(essence);
}

/** UTF-8 unless said otherwise, and when what is said is no encoding we know; bad bytes become U+FFFD. */
export function decodeText(bytes: Buffer, charset: string | undefined): string {
  if (charset === undefined) return UTF8.decode(bytes);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return UTF8.decode(bytes);
  }
}

const UTF8 = new TextDecoder();

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  makeHarmless(value);
  return value;
}

/** The node's output wraps the body in an object, which takes one level. */
const BODY_DEPTH_MAX = LIMITS.depthMax - 1;

/**
 * Refuses nesting that would overflow the stack of whoever walks the output later, and drops the keys with which a
 * careless copy of it would pollute a prototype: `__proto__`, and a `constructor` that holds a `prototype`. Other keys
 * called `constructor` or `prototype` are data (lap times come with constructors) and stay, as own properties.
 * Not recursive: it is the function that looks at depth first.
 */
function makeHarmless(root: Json): void {
  let level: Json[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: Json[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (depth >= BODY_DEPTH_MAX) {
        const message = `The JSON of the answer is nested deeper than ${BODY_DEPTH_MAX} levels`;
        throw NodeError.fatal('output_invalid', 'input', message);
      }
      if (!Array.isArray(value)) dropPrototypeKeys(value as Record<string, Json>);
      for (const member of Object.values(value as Record<string, Json>)) next.push(member);
    }
    level = next;
  }
}

function dropPrototypeKeys(value: Record<string, Json>): void {
  if (Object.hasOwn(value, '__proto__')) delete value['__proto__'];
  if (!Object.hasOwn(value, 'constructor')) return;
  const { constructor: held } = value as { readonly constructor: unknown };
  if (typeof held === 'object' && held !== null && Object.hasOwn(held, 'prototype')) {
    delete (value as { constructor?: unknown }).constructor;
  }
}
