import { isDeepStrictEqual } from 'node:util';
import type { Header } from '../../../shared/domain/execution/records.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/domain/json.ts';
import type { Evidence, ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';
import { modelOf, type Model } from './model.ts';
import type { PlacedEffect } from './placed-effects.ts';
import type { View } from './view.ts';

/** One path and nothing else: what more an expression may say is the engine's business. */
const PATH =
  /^\s*\{\{\s*(input|nodes\.(\w+)\.output|node\.(?:idempotencyKey|attempt|id)|execution\.id)((?:\.\w+)*)\s*\}\}\s*$/;

/** I6: what a target was given is made of what its sources had committed. */
export function checkInputs(
  evidence: Evidence,
  execution: ExecutionEvidence,
  view: View,
  placed: readonly PlacedEffect[],
  report: Report,
): void {
  const templateOf = evidence.inputOf ?? defaultTemplate;
  for (const place of placed) {
    const { effect } = place;
    const definition = modelThen(execution, view, place).byId.get(effect.node)?.definition;
    if (definition === undefined) continue;
    const template = given(place) ?? templateOf(definition);
    if (template === undefined) continue;
    const wrong = differences(template, effect.input, (text) => resolve(text, view, place), 'with');
    for (const path of wrong)
      report(
        'I6',
        `attempt ${effect.attempt} of ${effect.node} was given something else in ${path} than what was committed`,
      );
  }
}

/** A redrive may have gone on with another version since. */
function modelThen({ definitions }: ExecutionEvidence, { model }: View, { header }: PlacedEffect): Model {
  const definition = header === undefined ? undefined : definitions.get(header.version);
  return definition === undefined ? model : modelOf(definition);
}

function defaultTemplate(node: JsonObject): Json | undefined {
  const parameters = node['with'];
  if (node['type'] !== 'http') return parameters;
  return isJsonObject(parameters) ? parameters['body'] : undefined;
}

/** Input that was edited when a dead letter was replayed: data, no template. */
function given({ effect, header }: PlacedEffect): Json | undefined {
  const edited = header?.repair?.given;
  if (edited?.at !== 'record' || !isJsonObject(edited.value)) return undefined;
  return Object.hasOwn(edited.value, effect.node) ? edited.value[effect.node] : undefined;
}

type Resolve = (text: string) => { readonly known: boolean; readonly value?: Json | undefined };

function differences(template: Json, seen: Json | undefined, resolved: Resolve, path: string): string[] {
  if (typeof template === 'string') {
    const { known, value } = resolved(template);
    return !known || isDeepStrictEqual(value, seen) ? [] : [path];
  }
  if (isJsonArray(template)) {
    if (!isJsonArray(seen) || seen.length !== template.length) return [path];
    return template.flatMap((part, index) => differences(part, seen[index], resolved, `${path}[${index}]`));
  }
  if (isJsonObject(template)) {
    if (!isJsonObject(seen) || Object.keys(seen).length !== Object.keys(template).length) return [path];
    return Object.entries(template).flatMap(([key, part]) => differences(part, seen[key], resolved, `${path}.${key}`));
  }
  return isDeepStrictEqual(template, seen) ? [] : [path];
}

function resolve(text: string, view: View, place: PlacedEffect): ReturnType<Resolve> {
  if (!text.includes('{{')) return { known: true, value: text };
  const match = PATH.exec(text);
  if (match === null) return { known: false };
  const [, root = '', node, path = ''] = match;
  const { effect } = place;
  if (root === 'execution.id') return { known: true, value: effect.execution };
  if (root === 'node.idempotencyKey') return { known: true, value: effect.key };
  if (root === 'node.attempt') return { known: true, value: effect.attempt };
  if (root === 'node.id') return { known: true, value: effect.node };
  const start = node === undefined ? inputOf(place) : outputOf(node, view, place);
  if (!start.known) return start;
  const value = path
    .split('.')
    .slice(1)
    .reduce<Json | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), start.value);
  return { known: true, value };
}

function inputOf({ header, gen }: PlacedEffect): ReturnType<Resolve> {
  if (header === undefined) return { known: false };
  const stored = inputSeenBy(header, gen);
  return stored.at === 'record' ? { known: true, value: stored.value } : { known: false };
}

/** A redrive may have replaced the input for the nodes that it reset. */
function inputSeenBy({ input, redrives }: Header, gen: number): Header['input'] {
  return redrives.findLast((redrive) => redrive.gen <= gen && redrive.input !== undefined)?.input ?? input;
}

function outputOf(id: string, view: View, { generation }: PlacedEffect): ReturnType<Resolve> {
  const node = view.model.byId.get(id);
  if (generation === undefined || node === undefined) return { known: false };
  const gen = generation(id);
  if (node.pure) {
    const result = view.books.pureResult(gen, id);
    return { known: true, value: result?.status === 'succeeded' ? result.output : undefined };
  }
  const record = view.books.record(gen, id);
  return { known: true, value: record?.status === 'succeeded' ? record.output : undefined };
}
