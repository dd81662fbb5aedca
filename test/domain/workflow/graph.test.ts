import { InvariantError } from '../../../shared/domain/invariant.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ancestorsOf,
  findCycles,
  NodeSets,
  topologicalOrder,
  type Graph,
} from '../../../shared/domain/workflow/graph.ts';

function graph(...parents: number[][]): Graph {
  return { size: parents.length, parents };
}

const ascending = (numbers: Iterable<number>) => [...new Set(numbers)].sort((one, other) => one - other);

/** parents[x] ⊂ {0 … x-1}: no cycles by construction. */
const acyclic = fc
  .array(fc.array(fc.nat(1_000), { maxLength: 4 }), { minLength: 1, maxLength: 60 })
  .map((rows) =>
    graph(...rows.map((row, node) => (node === 0 ? [] : [...new Set(row.map((parent) => parent % node))]))),
  );

describe('topological order (Kahn)', () => {
  test('takes nodes without parents in definition order, then what they free', () => {
    //  0   1
    //   \ / \
    //    2   3
    expect(topologicalOrder(graph([], [], [0, 1], [1])).order).toEqual([0, 1, 2, 3]);
    expect(topologicalOrder(graph([1], [], [1])).order).toEqual([1, 0, 2]);
  });

  test('of nothing is nothing', () => {
    expect(topologicalOrder(graph())).toEqual({ order: [], stuck: [] });
  });

  test('puts every node after its parents', () => {
    fc.assert(
      fc.property(acyclic, (dag) => {
        const { order, stuck } = topologicalOrder(dag);
        expect(stuck).toEqual([]);
        const position = new Map(order.map((node, at) => [node, at]));
        dag.parents.forEach((parents, node) =>
          parents.forEach((parent) => expect(position.get(parent)).toBeLessThan(position.get(node)!)),
        );
      }),
    );
  });

  test('leaves out what lies on a cycle or behind one', () => {
    // 0 → 1 ⇄ 2 → 3
    expect(topologicalOrder(graph([], [0, 2], [1], [2]))).toEqual({ order: [0], stuck: [1, 2, 3] });
  });

  test('a chain of 10,000 does not overflow anything', () => {
    const chain = graph(...Array.from({ length: 10_000 }, (_, node) => (node === 0 ? [] : [node - 1])));
    expect(topologicalOrder(chain).order).toHaveLength(10_000);
    const ring = graph(...Array.from({ length: 10_000 }, (_, node) => [(node + 9_999) % 10_000]));
    expect(findCycles(ring, topologicalOrder(ring).stuck)[0]).toHaveLength(10_000);
  });
});

describe('cycles', () => {
  const cyclesOf = (dag: Graph) => findCycles(dag, topologicalOrder(dag).stuck);

  test('are named in the direction in which work would flow', () => {
    // 0 → 1 → 2 → 0
    expect(cyclesOf(graph([2], [0], [1]))).toEqual([[1, 2, 0]]);
  });

  test('several disjoint ones are all named', () => {
    // 0 ⇄ 1    2 ⇄ 3    4 → 5
    const cycles = cyclesOf(graph([1], [0], [3], [2], [], [4]));
    expect(cycles.map((cycle) => ascending(cycle))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('what only hangs behind a cycle is not part of it', () => {
    // 2 → 0 ⇄ 1 → 3
    const cycles = cyclesOf(graph([1, 2], [0], [], [1]));
    expect(cycles.map((cycle) => ascending(cycle))).toEqual([[0, 1]]);
  });

  test('a node that needs itself is a cycle of one', () => {
    expect(cyclesOf(graph([0]))).toEqual([[0]]);
  });

  test('each one named is a cycle, and one is named wherever there is any', () => {
    const any = fc
      .array(fc.array(fc.nat(29), { maxLength: 3 }), { minLength: 1, maxLength: 30 })
      .map((rows) => graph(...rows.map((row) => [...new Set(row.map((parent) => parent % rows.length))])));
    fc.assert(
      fc.property(any, (dag) => {
        const { stuck } = topologicalOrder(dag);
        const cycles = findCycles(dag, stuck);
        expect(cycles.length > 0).toBe(stuck.length > 0);
        for (const cycle of cycles) cycle.forEach((node, at) => expect(dag.parents[node]).toContain(cycle.at(at - 1)));
        const members = cycles.flat();
        expect(new Set(members).size).toBe(members.length);
      }),
    );
  });
});

describe('ancestors', () => {
  test('are what a walk upwards finds', () => {
    fc.assert(
      fc.property(acyclic, (dag) => {
        const ancestors = ancestorsOf(dag, topologicalOrder(dag).order);
        dag.parents.forEach((_, node) => {
          const above = new Set<number>();
          const open = [...dag.parents[node]!];
          for (let next = open.pop(); next !== undefined; next = open.pop()) {
            if (!above.has(next)) open.push(...dag.parents[next]!);
            above.add(next);
          }
          dag.parents.forEach((__, other) => expect(ancestors.has(node, other)).toBe(above.has(other)));
        });
      }),
    );
  });

  test('work across words of 32 bits', () => {
    const chain = graph(...Array.from({ length: 100 }, (_, node) => (node === 0 ? [] : [node - 1])));
    const ancestors = ancestorsOf(chain, topologicalOrder(chain).order);
    expect([0, 31, 32, 63, 64, 98].map((node) => ancestors.has(99, node))).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(ancestors.has(0, 99)).toBe(false);
  });

  test('to ask for a node outside the graph is a bug, and said', () => {
    expect(() => ancestorsOf(graph([]), [0]).has(-1, 0)).toThrow(InvariantError);
  });
});

describe('sets of nodes', () => {
  const members = fc.tuple(
    fc.uniqueArray(fc.nat(99)),
    fc.uniqueArray(fc.nat(99)),
    fc.option(fc.nat(99), { nil: undefined }),
  );
  const filled = ([mine, theirs]: readonly [number[], number[], unknown]) => {
    const sets = new NodeSets(100);
    for (const member of mine) sets.add(98, member);
    for (const member of theirs) sets.add(99, member);
    return sets;
  };
  const contents = (sets: NodeSets) => [...Array(100).keys()].filter((member) => sets.has(98, member));

  test('unite and intersect as sets do', () => {
    fc.assert(
      fc.property(members, ([mine, theirs, extra]) => {
        const united = filled([mine, theirs, extra]);
        united.unite(98, 99);
        expect(contents(united)).toEqual(ascending([...mine, ...theirs]));
        const common = filled([mine, theirs, extra]);
        common.intersect(98, 99, extra);
        expect(contents(common)).toEqual(
          ascending(mine.filter((member) => theirs.includes(member) || member === extra)),
        );
      }),
    );
  });
});
