import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { inLanes } from '../harness/lanes.ts';
import { median } from '../harness/statistics.ts';
import type { Stepwell } from './stepwell.ts';

const CONCURRENCY = 16;
const MONTAGE = new URL('../../examples/wfinstances/montage-chameleon-2mass-05d-001.json', import.meta.url);
const Named = z.object({ name: z.string(), nodes: z.record(z.string(), z.unknown()) });
const Listed = z.object({ items: z.array(z.object({ id: z.string() })), cursor: z.string().optional() });
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

/** Reads of chains of 10 that have ended, with all their nodes; each is read for the first time. */
export async function statusReadsPerSecond(stepwell: Stepwell, reads: number): Promise<number> {
  const ids = await succeededChains(stepwell, CONCURRENCY + reads);
  const read = async () => stepwell.client.get(`/v1/executions/${ids.pop()}?nodes=all`);
  await inLanes(CONCURRENCY, CONCURRENCY, read);
  const startedAt = performance.now();
  await inLanes(reads, CONCURRENCY, read);
  return (reads / (performance.now() - startedAt)) * 1_000;
}

async function succeededChains({ client }: Stepwell, count: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  while (ids.length < count) {
    const { text } = await client.get(`/v1/executions?workflow=chain10&status=succeeded&limit=200${cursor}`);
    const page = Listed.parse(JSON.parse(text));
    ids.push(...page.items.map(({ id }) => id));
    if (page.cursor === undefined) break;
    cursor = `&cursor=${encodeURIComponent(page.cursor)}`;
  }
  if (ids.length < count) throw new Error(`there are only ${ids.length} chains to read, not ${count}`);
  return ids.slice(0, count);
}

/** Executions of 1,738 nodes, which have ended. */
export interface LargeExecutions {
  readonly ids: readonly string[];
  readonly nodes: number;
}

/** To be run some time before they are read: of one that has just ended the API reads the records twice. */
export async function runLarge(stepwell: Stepwell, count: number): Promise<LargeExecutions> {
  const definition = Named.loose().parse(JSON.parse(readFileSync(MONTAGE, 'utf8')));
  await stepwell.save(definition);
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const id = await stepwell.begin(definition.name, { target: stepwell.target.url });
    await stepwell.ended(id);
    ids.push(id);
  }
  return { ids, nodes: Object.keys(definition.nodes).length };
}

export interface LargeRead {
  /** The median of those that were read for the first time. */
  readonly ms: number;
  /** The same once more: the API has kept what it read. */
  readonly againMs: number;
  readonly bytes: number;
  readonly nodes: number;
}

/** All nodes of each in one page. */
export async function statusRead1738(stepwell: Stepwell, { ids, nodes }: LargeExecutions): Promise<LargeRead> {
  const first: number[] = [];
  const again: number[] = [];
  let text = '';
  for (const times of [first, again]) {
    for (const id of ids) {
      const startedAt = performance.now();
      ({ text } = await stepwell.client.get(`/v1/executions/${id}?nodes=all`));
      times.push(performance.now() - startedAt);
    }
  }
  const page = Paged.parse(JSON.parse(text));
  const count = Object.keys(page.nodes).length;
  if (page.nodesCursor !== undefined || count !== nodes) throw new Error(`one page shows ${count} of ${nodes} nodes`);
  return { ms: median(first), againMs: median(again), bytes: Buffer.byteLength(text), nodes };
}
