import { computeFrontier, recordFinder } from '../../shared/domain/execution/frontier.ts';
import { runOf } from '../../shared/domain/execution/generation.ts';
import { handlingOf } from '../../shared/domain/execution/settled.ts';
import type { Json } from '../../shared/domain/json.ts';
import { isVirtual, nodeAt, type Plan } from '../../shared/domain/workflow/plan.ts';
import type { ExecutionEvidence } from './checker/evidence.ts';

export interface NodeEnd {
  readonly status: string;
  readonly reason?: string;
  readonly tolerated?: true;
}

export interface Ends {
  readonly status: string;
  readonly nodes: Readonly<Record<string, NodeEnd>>;
}

/** How each node ended, as the records say: skips have none and are derived. */
export function endsOf(plan: Plan, { header, nodes: records }: ExecutionEvidence): Ends {
  const standings = standingsOf(plan, header, records);
  const nodes = plan.nodes.flatMap((node): (readonly [string, NodeEnd])[] => {
    if (isVirtual(node)) return [];
    const standing = standings[node.index];
    if (standing?.at !== 'settled') return [[node.id, { status: standing?.at ?? 'unknown' }]];
    const { settled } = standing;
    if (settled.status === 'skipped') return [[node.id, { status: 'skipped', reason: settled.reason }]];
    const tolerated =
      settled.status === 'failed' && handlingOf(nodeAt(plan, node.index), settled.error).kind === 'tolerated';
    return [[node.id, { status: settled.status, ...(tolerated && { tolerated }) }]];
  });
  return { status: header?.status ?? 'absent', nodes: Object.fromEntries(nodes) };
}

/** Outputs of the nodes that have one. */
export function outputsOf(plan: Plan, { header, nodes: records }: ExecutionEvidence): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    standingsOf(plan, header, records).flatMap((standing, index) =>
      standing.at === 'settled' && standing.settled.status === 'succeeded' && standing.settled.output !== undefined
        ? [[nodeAt(plan, index).id, standing.settled.output]]
        : [],
    ),
  );
}

function standingsOf(plan: Plan, header: ExecutionEvidence['header'], records: ExecutionEvidence['nodes']) {
  const { plan: current, generation } = runOf(plan, header ?? { gen: 1 });
  const recordOf = recordFinder(records, ({ index }) => generation(index), header?.repair !== undefined);
  return computeFrontier(current, recordOf).standings;
}
