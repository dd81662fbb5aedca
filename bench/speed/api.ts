import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { inLanes } from '../harness/lanes.ts';
import { median } from '../harness/statistics.ts';
import { nextTag } from './race.ts';
import type { Stepwell } from './stepwell.ts';

const CONCURRENCY = 16;
const MONTAGE = new URL('../../examples/wfinstances/montage-chameleon-2mass-05d-001.json', import.meta.url);
const Named = z.object({ name: z.string(), nodes: z.record(z.string(), z.unknown()) });
const Paged = z.object({ nodes: z.record(z.string(), z.unknown()), nodesCursor: z.string().optional() });

/** Starts of a workflow that does nothing, until they are answered; the workers begin meanwhile, as they would. */
export async function startsPerSecond(stepwell: Stepwell, starts: number): Promise<number> {
  await stepwell.save({ name: 'nothing', nodes: { only: { type: 'pass' } } });
  await inLanes(CONCURRENCY, CONCURRENCY, () => stepwell.begin('nothing', {}));
  await stepwell.drained();
  const startedAt = performance.now();
  await inLanes(starts, CONCURRENCY, () => stepwell.begin('nothing', {}));
  const ms = performance.now() - startedAt;
  await stepwell.drained();
  return (starts / ms) * 1_000;
}

/** Reads of a chain of 10 that has ended, with all its nodes. */
export async function statusReadsPerSecond(stepwell: Stepwell, reads: number): Promise<number> {
  const id = await stepwell.start('chain10', nextTag());
  await stepwell.ended(id);
  const read = () => stepwell.client.get(`/v1/executions/${id}?nodes=all`);
  await inLanes(CONCURRENCY, CONCURRENCY, read);
  const startedAt = performance.now();
  await inLanes(reads, CONCURRENCY, read);
  return (reads / (performance.now() - startedAt)) * 1_000;
}

export interface LargeRead {
  readonly ms: number;
  readonly bytes: number;
  readonly nodes: number;
}

/** The median time to read an execution of 1,738 nodes, all in one page. */
export async function statusRead1738(stepwell: Stepwell, reads: number): Promise<LargeRead> {
  const definition = Named.loose().parse(JSON.parse(readFileSync(MONTAGE, 'utf8')));
  await stepwell.save(definition);
  const id = await stepwell.begin(definition.name, { target: stepwell.target.url });
  await stepwell.ended(id);
  const times: number[] = [];
  let text = '';
  for (let at = 0; at < reads; at += 1) {
    const startedAt = performance.now();
    ({ text } = await stepwell.client.get(`/v1/executions/${id}?nodes=all`));
    times.push(performance.now() - startedAt);
  }
  const { nodes, nodesCursor } = Paged.parse(JSON.parse(text));
  const count = Object.keys(nodes).length;
  if (nodesCursor !== undefined || count !== Object.keys(definition.nodes).length)
    throw new Error(`one page shows ${count} of ${Object.keys(definition.nodes).length} nodes`);
  return { ms: median(times), bytes: Buffer.byteLength(text), nodes: count };
}
