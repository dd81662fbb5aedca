import { at } from '../at.ts';

/**
 * Plain graph algorithms over node indices: no Stepwell words but "needs". Iterative throughout, since a chain of
 * 10,000 nodes would overflow a recursive walk.
 */
export interface Graph {
  readonly size: number;
  /** parents[x] = the nodes that x needs (each once). */
  readonly parents: readonly (readonly number[])[];
}

function childrenOf(graph: Graph): number[][] {
  const children: number[][] = Array.from({ length: graph.size }, () => []);
  graph.parents.forEach((parents, node) => parents.forEach((parent) => at(children, parent).push(node)));
  return children;
}

/**
 * Kahn's algorithm. 1. Count each node's parents. 2. Take the nodes with none, in definition order. 3. Taking a node
 * lowers its children's counts; those that reach zero follow. What is never taken lies on a cycle or behind one.
 */
export function topologicalOrder(graph: Graph): {
  readonly order: readonly number[];
  readonly stuck: readonly number[];
} {
  const children = childrenOf(graph);
  const waitingFor = graph.parents.map((parents) => parents.length);
  const order: number[] = [];
  waitingFor.forEach((count, node) => {
    if (count === 0) order.push(node);
  });
  for (let next = 0; next < order.length; next += 1) {
    for (const child of at(children, at(order, next))) {
      const left = at(waitingFor, child) - 1;
      waitingFor[child] = left;
      if (left === 0) order.push(child);
    }
  }
  const taken = new Set(order);
  const stuck =
    order.length === graph.size ? [] : graph.parents.map((_, node) => node).filter((node) => !taken.has(node));
  return { order, stuck };
}

/**
 * Cycles among the nodes that Kahn could not take, each as the nodes in the order in which they wait for each other,
 * disjoint from the ones before. Every stuck node has a stuck parent, so walking from parent to parent must come round.
 */
export function findCycles(graph: Graph, stuck: readonly number[]): number[][] {
  const remaining = new Set(stuck);
  const cycles: number[][] = [];
  const seen = new Set<number>();
  for (const start of stuck) {
    const path: number[] = [];
    const position = new Map<number, number>();
    let node = start;
    while (!seen.has(node)) {
      seen.add(node);
      position.set(node, path.length);
      path.push(node);
      node = at(
        at(graph.parents, node).filter((parent) => remaining.has(parent)),
        0,
      );
    }
    const from = position.get(node);
    // Walked from child to parent; the reader wants the direction in which work would flow.
    if (from !== undefined) cycles.push(path.slice(from).reverse());
  }
  return cycles;
}

/** A set of nodes for each node, as bits: 10,000 nodes take 12.5 MB and a few milliseconds to combine. */
export class NodeSets {
  readonly #words: number;
  readonly #bits: Uint32Array;

  constructor(size: number) {
    this.#words = Math.ceil(size / 32);
    this.#bits = new Uint32Array(this.#words * size);
  }

  has(node: number, member: number): boolean {
    return ((at(this.#bits, node * this.#words + (member >>> 5)) >>> (member & 31)) & 1) === 1;
  }

  add(node: number, member: number): void {
    const word = node * this.#words + (member >>> 5);
    this.#bits[word] = at(this.#bits, word) | (1 << (member & 31));
  }

  /** Adds all that another node's set has. */
  unite(node: number, other: number): void {
    const mine = this.#row(node);
    this.#row(other).forEach((word, index) => {
      mine[index] = at(mine, index) | word;
    });
  }

  /** Keeps what another node's set, with `extra`, has too. */
  intersect(node: number, other: number, extra: number | undefined): void {
    const kept = extra !== undefined && this.has(node, extra);
    const mine = this.#row(node);
    this.#row(other).forEach((word, index) => {
      mine[index] = at(mine, index) & word;
    });
    if (kept) this.add(node, extra);
  }

  #row(node: number): Uint32Array {
    return this.#bits.subarray(node * this.#words, (node + 1) * this.#words);
  }
}

/** For each node all that is upstream of it. */
export function ancestorsOf(graph: Graph, order: readonly number[]): NodeSets {
  const sets = new NodeSets(graph.size);
  for (const node of order) {
    for (const parent of at(graph.parents, node)) {
      sets.unite(node, parent);
      sets.add(node, parent);
    }
  }
  return sets;
}
