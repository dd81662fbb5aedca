import type { Document } from 'yaml';
import type { Json } from '../domain/json.ts';
import type { Problem } from '../domain/problem.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { ProblemList } from './problem-list.ts';
import { loneSurrogateAt, TextPositions } from './text-position.ts';
import { composeYaml, YamlLimitError } from './yaml-source.ts';
import { YamlReader } from './yaml-to-json.ts';

/** Control characters other than tab and line ends are no YAML; the lexer uses some of them as its own marks. */
const CONTROL = /[^\P{Cc}\t\n\r\u0085]/u;

/**
 * One YAML 1.2 document (core schema: dates, `on` and `yes` are strings) to its JSON value, or everything wrong with it.
 * Anchors and aliases are expanded within bounds. Refused: several documents, merge keys, tags other than `!!str`,
 * other YAML versions, values JSON does not have.
 */
export function parseYaml(text: string): Result<Json, Problem[]> {
  const problems = new ProblemList();
  const positions = new TextPositions(text);
  const value = readYaml(text, positions, problems);
  return problems.items.length > 0 || value === undefined ? err(problems.items) : ok(value);
}

function readYaml(text: string, positions: TextPositions, problems: ProblemList): Json | undefined {
  const wrong = badCharacterAt(text);
  if (wrong !== -1) {
    problems.add('malformed', '', `a character that YAML does not allow at ${positions.describe(wrong)}`);
    return undefined;
  }
  let documents: Document.Parsed[];
  try {
    documents = composeYaml(text);
  } catch (error) {
    if (!(error instanceof YamlLimitError)) throw error;
    problems.add('limit_exceeded', '', `${error.message} (${positions.describe(error.offset)})`);
    return undefined;
  }
  const [document, second] = documents;
  if (second !== undefined)
    problems.add(
      'malformed',
      '',
      `one document expected, a second one starts at ${positions.describe(second.range[0])}`,
    );
  return document === undefined ? undefined : readDocument(document, text, positions, problems);
}

function readDocument(
  document: Document.Parsed,
  text: string,
  positions: TextPositions,
  problems: ProblemList,
): Json | undefined {
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    problems.add('malformed', '', `YAML 1.2 expected, the document says ${document.directives.yaml.version}`);
  }
  if (document.errors.length === 0 && isEmpty(document)) problems.add('malformed', '', 'the document is empty');
  const reader = new YamlReader(text, positions, problems);
  const value = reader.read(document.contents);
  for (const error of document.errors) {
    if (problems.full) break;
    // What an unquoted template leaves behind in the grammar is noise: quoting it mends both.
    const offset = error.pos[0];
    if (!reader.insideTemplate(offset))
      problems.add('malformed', '', `not valid YAML at ${positions.describe(offset)}: ${error.message}`);
  }
  return value;
}

function isEmpty(document: Document.Parsed): boolean {
  const { contents } = document;
  return (
    contents === null || ('source' in contents && contents.source === '' && contents.range[0] === contents.range[1])
  );
}

function badCharacterAt(text: string): number {
  const control = text.search(CONTROL);
  return control === -1 ? loneSurrogateAt(text) : control;
}
