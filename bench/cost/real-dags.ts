import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Json } from '../../shared/domain/json.ts';
import type { Definition } from '../harness/definitions.ts';

const FOLDER = new URL('../../examples/wfinstances/', import.meta.url);
const File = z
  .object({ name: z.string(), nodes: z.record(z.string(), z.record(z.string(), z.custom<Json>())) })
  .catchall(z.custom<Json>());

/** The recorded workflows, the smallest first. */
export function realDags(): readonly Definition[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => File.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))))
    .sort((one, other) => Object.keys(one.nodes).length - Object.keys(other.nodes).length);
}
