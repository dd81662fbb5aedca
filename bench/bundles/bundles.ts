import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { bundleFunctions, functionFolders } from '../../lib/bundling/functions.ts';
import type { Effort } from '../harness/effort.ts';
import { progress } from '../harness/progress.ts';
import { median, total } from '../harness/statistics.ts';
import { TemporaryFolder } from '../harness/temporary-folder.ts';
import { coldStart, type ColdStart } from './cold-start.ts';

export interface BundleFigures {
  /** All that is uploaded, source maps included. */
  readonly zippedBytes: number;
  /** From the import to the handler, in a fresh process: the median. */
  readonly initMs: number;
  /** Of the process then, Node itself included. */
  readonly rssBytes: number;
  /** The part of it that a process which imports nothing has, too. */
  readonly nodeRssBytes: number;
}

export type BundleReport = Readonly<Record<string, BundleFigures>>;

/** What an archive says of each file, twice. */
const ZIP_ENTRY_BYTES = 130;
const BEST_COMPRESSION = 9;
const STARTS = { full: 11, quick: 5 } as const;

/** The functions as they are uploaded. */
export async function measureBundles(effort: Effort): Promise<BundleReport> {
  progress('bundles: building and starting each function');
  using folder = new TemporaryFolder();
  await bundleFunctions(folder.path);
  const { rssBytes: nodeRssBytes } = await startOf(undefined, STARTS[effort]);
  const functions: Record<string, BundleFigures> = {};
  for (const name of functionFolders()) {
    const start = await startOf(join(folder.path, name, 'index.mjs'), STARTS[effort]);
    functions[name] = { zippedBytes: zippedBytes(join(folder.path, name)), ...start, nodeRssBytes };
  }
  return functions;
}

/** The median of so many starts. */
async function startOf(file: string | undefined, count: number): Promise<ColdStart> {
  const starts: ColdStart[] = [];
  for (let at = 0; at < count; at += 1) starts.push(await coldStart(file));
  return {
    initMs: median(starts.map(({ initMs }) => initMs)),
    rssBytes: median(starts.map(({ rssBytes }) => rssBytes)),
  };
}

function zippedBytes(folder: string): number {
  return total(
    readdirSync(folder).map(
      (file) => deflateRawSync(readFileSync(join(folder, file)), { level: BEST_COMPRESSION }).length + ZIP_ENTRY_BYTES,
    ),
  );
}
