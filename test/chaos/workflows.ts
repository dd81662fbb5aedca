import type { ExecutionStatus } from '../../shared/domain/execution/records.ts';
import type { JsonObject } from '../../shared/domain/json.ts';

/** A kind of workflow, and what is done to its executions. */
export interface Kind {
  readonly name: string;
  readonly definition: JsonObject;
  readonly ends: ExecutionStatus;
  /** `callback`: somebody decides while it waits. `redrive`: it fails, is mended, and is redriven. */
  readonly client?: 'callback' | 'redrive' | 'cancel';
}

/** What the target answers: by what is asked, not by how often, so that a repeated attempt is answered the same. */
export function statusOf(node: string, attempt: number, isMended: boolean): number {
  if (node.startsWith('flaky')) return attempt < 3 ? 429 : 200;
  if (node.startsWith('refused')) return 422;
  if (node.startsWith('broken')) return isMended ? 200 : 422;
  return 200;
}

type Nodes = Readonly<Record<string, JsonObject>>;

/** All kinds, against a target at this authority. */
export function kindsOf(authority: string): readonly Kind[] {
  /** `needs[0]`, if it called the target, is quoted: what it committed is what its follower must have been given. */
  const call = (id: string, needs: readonly string[] = [], { quotes, ...more }: JsonObject = {}): Nodes => ({
    [id]: {
      type: 'http',
      ...(needs.length > 0 && { needs }),
      with: {
        method: 'POST',
        url: `http://${authority}/{{ execution.id }}/${id}/{{ execution.generation }}/{{ node.attempt }}`,
        body: { value: '{{ input.value }}', ...(quotes !== undefined && { from: quotes }) },
      },
      // At once: none of this is about waiting.
      ...(more['delivery'] === undefined && { retry: { delays: ['0s', '0s'] } }),
      ...more,
    },
  });
  const after = (id: string, need: string, more: JsonObject = {}) =>
    call(id, [need], { quotes: `{{ nodes.${need}.output.body.nth }}`, ...more });
  const kind = (name: string, nodes: Nodes, more: Partial<Kind> = {}): Kind => ({
    name,
    definition: { name, nodes },
    ends: 'succeeded',
    ...more,
  });
  const wide = Array.from({ length: 12 }, (_, at) => `w${at}`);
  const line = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const chain = Object.assign({}, call('a'), ...line.map((id, at) => after(id, ['a', ...line][at] ?? 'a')));
  return [
    kind('diamond', {
      ...call('a'),
      ...after('b', 'a'),
      ...after('c', 'a'),
      ...call('d', ['b', 'c']),
      ...after('e', 'd'),
    }),
    kind('wide', { ...call('a'), ...Object.assign({}, ...wide.map((id) => after(id, 'a'))), ...call('z', wide) }),
    kind('chain', chain),
    kind('retries', { ...call('a'), ...after('flaky', 'a'), ...after('b', 'flaky') }),
    kind('choice', {
      ...call('a'),
      odd: {
        type: 'condition',
        needs: ['a'],
        with: { cases: [{ branch: 'yes', if: '{{ input.value % 2 == 1 }}' }], default: 'no' },
      },
      ...call('b', ['odd.yes']),
      ...call('c', ['odd.no']),
      ...call('third', ['odd.yes', 'odd.no'], { join: 'merge', if: '{{ input.value % 3 == 0 }}' }),
      sum: { type: 'transform', needs: ['b', 'c'], with: { value: '{{ input.value + 1 }}' } },
      ...call('d', ['sum'], { quotes: '{{ nodes.sum.output }}' }),
    }),
    kind('pause', {
      ...call('a'),
      pause: { type: 'wait', needs: ['a'], with: { duration: '1s' } },
      ...call('b', ['pause']),
    }),
    kind(
      'approval',
      {
        ...call('a'),
        ok: { type: 'approval', needs: ['a'], with: { message: 'may it go on?' } },
        ...call('b', ['ok'], { quotes: '{{ nodes.ok.output.by }}' }),
      },
      { client: 'callback' },
    ),
    kind('once', {
      ...call('a'),
      ...after('once', 'a', { delivery: 'at-most-once' }),
      ...after('b', 'once'),
      ...call('c', ['once.error']),
    }),
    kind('refused', {
      ...call('a'),
      ...after('refused', 'a', { catch: { declined: ['http_422'] } }),
      ...after('b', 'refused'),
      ...call('c', ['refused.declined']),
      ...call('d', ['b', 'c'], { join: 'merge' }),
    }),
    kind('stopped', chain, { client: 'cancel', ends: 'cancelled' }),
    kind(
      'mended',
      { ...call('a'), ...after('side', 'a'), ...after('broken', 'a'), ...call('z', ['side', 'broken']) },
      { client: 'redrive' },
    ),
  ];
}
