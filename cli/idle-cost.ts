import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { idleCost } from '../lib/cost/idle-cost.ts';
import { idleCostTable } from '../lib/cost/idle-cost-table.ts';
import { Template } from '../local/template/template.ts';

/** Where `cdk synth` writes, unless cdk.json or the caller says otherwise. */
const CDK_OUT = 'cdk.out';

/** Other stages' templates of earlier runs lie in the folder too: the manifest names those of the last one. */
const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    // Stacks alone have a template file.
    z.object({ properties: z.object({ templateFile: z.string().optional() }).optional() }),
  ),
});

function main([folder = CDK_OUT]: readonly string[]): void {
  const manifest = readJson(join(folder, 'manifest.json'));
  if (manifest === undefined) {
    console.error(
      `There is no ${join(folder, 'manifest.json')}. Run 'npm run synth' first, or name its output folder.`,
    );
    process.exitCode = 1;
    return;
  }
  for (const [stack, { properties }] of Object.entries(Manifest.parse(manifest).artifacts)) {
    if (properties?.templateFile === undefined) continue;
    const template = Template.parse(readJson(join(folder, properties.templateFile)));
    console.log(idleCostTable(stack, idleCost(template)));
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

main(process.argv.slice(2));
