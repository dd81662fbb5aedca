import type { NodeBody } from '../../shared/contracts/schemas.ts';
import { canonicalJson, type Json } from '../../shared/domain/json.ts';
import type { Expectation, NodeExpectation } from './example.ts';
import type { TargetCall } from './http-target.ts';

/** How an execution ended, through the API and at the target. */
export interface Observed {
  readonly status: string;
  readonly nodes: Readonly<Record<string, NodeBody>>;
  readonly output?: Json | undefined;
  /** Paths are those of the example: without the prefix that tells the runs apart. */
  readonly calls: readonly TargetCall[];
}

/** One expectation that was not met. */
export interface Mismatch {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
}

/** Everything that is not as the example says; empty = as expected. */
export function judge(expect: Expectation, observed: Observed): readonly Mismatch[] {
  return [
    ...compare('status of the execution', expect.status, observed.status),
    ...Object.entries(expect.nodes).flatMap(([id, node]) => judgeNode(id, node, observed.nodes[id])),
    ...judgeOutput(expect.output, observed.output),
    ...Object.entries(expect.calls ?? {}).flatMap(([route, count]) =>
      compare(`requests to ${route}`, count, callsTo(route, observed.calls).length),
    ),
    ...judgeOrder(expect.order ?? [], observed.calls),
    ...repeatedEffects(observed.calls),
  ];
}

function judgeNode(id: string, expected: NodeExpectation, seen: NodeBody | undefined): readonly Mismatch[] {
  if (seen === undefined) return [{ what: `node ${id}`, expected: describeNode(expected), seen: 'no such node' }];
  if (typeof expected === 'string') return compare(`status of node ${id}`, expected, seen.status);
  const { status, reason, attempts, error, tolerated } = expected;
  return [
    ...compare(`status of node ${id}`, status, seen.status),
    ...(reason === undefined ? [] : compare(`reason of node ${id}`, reason, seen.reason)),
    ...(attempts === undefined ? [] : compare(`attempts of node ${id}`, attempts, seen.attempts)),
    ...(error === undefined ? [] : compare(`error code of node ${id}`, error, seen.error?.code)),
    ...(tolerated === undefined ? [] : compare(`node ${id} tolerated`, tolerated, seen.tolerated ?? false)),
  ];
}

function describeNode(expected: NodeExpectation): string {
  return typeof expected === 'string' ? expected : expected.status;
}

function judgeOutput(expected: Json | undefined, seen: Json | undefined): readonly Mismatch[] {
  if (expected === undefined) return [];
  const [wanted, got] = [canonicalJson(expected), seen === undefined ? 'none' : canonicalJson(seen)];
  return wanted === got ? [] : [{ what: 'output', expected: wanted, seen: got }];
}

function judgeOrder(order: readonly string[], calls: readonly TargetCall[]): readonly Mismatch[] {
  return order.slice(1).flatMap((later, index) => {
    const earlier = order[index] ?? later;
    const ended = callsTo(earlier, calls)[0]?.answered;
    const began = callsTo(later, calls)[0]?.received;
    if (ended !== undefined && began !== undefined && ended < began) return [];
    const seen = began === undefined || ended === undefined ? 'one of them never came' : 'it came before';
    return [{ what: 'order of requests', expected: `${later} after the answer to ${earlier}`, seen }];
  });
}

/** Two requests with one key are one effect that was tried again; it must not have succeeded twice. */
function repeatedEffects(calls: readonly TargetCall[]): readonly Mismatch[] {
  const effects = calls.filter(({ method, status = 0 }) => method !== 'GET' && method !== 'HEAD' && status < 400);
  const mismatches: Mismatch[] = [];
  for (const [key, same] of Map.groupBy(effects, (call) => call.key ?? '')) {
    const [first, second] = same;
    if (first === undefined) continue;
    const what = `effect of ${first.method} ${first.path}`;
    if (key === '') mismatches.push({ what, expected: 'an Idempotency-Key', seen: 'none' });
    else if (second !== undefined)
      mismatches.push({ what, expected: 'once', seen: `${same.length} times with key ${key}` });
  }
  return mismatches;
}

/**
 * A recorded DAG: every node succeeded, its task was performed exactly once, and not before all the tasks that it needs
 * were answered.
 */
export function judgeDag(needs: ReadonlyMap<string, readonly string[]>, observed: Observed): readonly Mismatch[] {
  const mismatches: Mismatch[] = [...compare('status of the execution', 'succeeded', observed.status)];
  const calls = Map.groupBy(observed.calls, ({ path }) => path.replace('/tasks/', ''));
  for (const [id, parents] of needs) {
    mismatches.push(...compare(`status of node ${id}`, 'succeeded', observed.nodes[id]?.status));
    mismatches.push(...compare(`requests for node ${id}`, 1, calls.get(id)?.length ?? 0));
    const began = calls.get(id)?.[0]?.received ?? Infinity;
    const late = parents.filter((parent) => (calls.get(parent)?.[0]?.answered ?? Infinity) >= began);
    if (late.length > 0) {
      mismatches.push({
        what: `order of node ${id}`,
        expected: 'after all that it needs',
        seen: `before ${late.join(', ')}`,
      });
    }
  }
  const unknown = [...calls.keys()].filter((id) => !needs.has(id));
  if (unknown.length > 0) mismatches.push({ what: 'requests', expected: 'for nodes only', seen: unknown.join(', ') });
  return mismatches;
}

function callsTo(route: string, calls: readonly TargetCall[]): readonly TargetCall[] {
  return calls.filter(({ method, path }) => `${method} ${path}` === route);
}

type Scalar = string | number | boolean | undefined;

function compare(what: string, expected: Scalar, seen: Scalar): readonly Mismatch[] {
  return expected === seen ? [] : [{ what, expected: String(expected), seen: String(seen ?? 'none') }];
}
