import { expect, test } from 'vitest';
import type { NodeRecord } from '../../shared/domain/execution/records.ts';
import type { ExecutionStore, NodeKey } from '../../shared/engine/ports.ts';
import { BOOM, LEASE, running, settled } from '../domain/execution/records.ts';
import { header, newKey, noise } from './samples.ts';

const A = { node: 'a', gen: 1 };
const byNode = (records: readonly NodeRecord[]) =>
  [...records].sort((one, other) => one.gen - other.gen || (one.node < other.node ? -1 : 1));
const ids = (records: readonly NodeRecord[]) => byNode(records).map(({ node, gen }) => `${node}/${gen}`);

export function nodeReadCases(store: () => ExecutionStore): void {
  keptApartCases(store);
  severalCases(store);
  allCases(store);
}

function keptApartCases(store: () => ExecutionStore): void {
  test('a node that nobody has written finds nothing', async () => {
    expect(await store().readNode(newKey(), A)).toBeUndefined();
  });

  test('keeps the generations of a node apart', async () => {
    const key = newKey();
    const [first, second] = [settled('a', { output: 1 }), settled('a', { gen: 2, output: 2 })];
    expect(await store().writeNode(key, first, 'absent')).toEqual({ written: true });
    expect(await store().writeNode(key, second, 'absent')).toEqual({ written: true });
    expect(await store().readNode(key, A)).toEqual(first);
    expect(await store().readNode(key, { node: 'a', gen: 2 })).toEqual(second);
    expect(await store().readNode(key, { node: 'a', gen: 12 })).toBeUndefined();
  });

  test.each([
    ['workspaces', { workspace: 'other' }],
    ['executions', { execution: 'ex_other' }],
  ])('keeps %s apart', async (_what, other) => {
    const key = newKey();
    await store().writeNode(key, running('a'), 'absent');
    expect(await store().readNode({ ...key, ...other }, A)).toBeUndefined();
    expect(await store().readNodes({ ...key, ...other }, [A], 'statuses')).toEqual([]);
    expect(await store().readAll({ ...key, ...other }, 'statuses')).toEqual({ nodes: [], groups: [] });
  });

  test.each([
    ['of other scripts', ['zahlung-ä', '支払い', '👩‍👩‍👧']],
    ['that begin alike', ['a', 'a-', 'a0', 'aa', 'a#1', 'a#1#2']],
    ['of our own', ['$start', '$end', '$join.a.1.0']],
    ['in upper and lower case', ['a', 'A', 'b', 'B']],
    ['that objects are born with', ['constructor', 'toString', '__proto__']],
  ])('keeps nodes with ids %s apart', async (_what, nodes) => {
    const key = newKey();
    for (const node of nodes) await store().writeNode(key, settled(node, { output: node }), 'absent');
    for (const node of nodes)
      expect(await store().readNode(key, { node, gen: 1 })).toMatchObject({ node, output: node });
    expect(ids((await store().readAll(key, 'outputs')).nodes)).toEqual([...nodes].sort().map((node) => `${node}/1`));
  });
}

function severalCases(store: () => ExecutionStore): void {
  test('no nodes at all finds none', async () => {
    expect(await store().readNodes(newKey(), [], 'outputs')).toEqual([]);
  });

  test('several nodes finds those that are there', async () => {
    const key = newKey();
    await store().writeNode(key, settled('a', { output: 1 }), 'absent');
    await store().writeNode(key, running('c'), 'absent');
    const nodes: readonly NodeKey[] = ['c', 'b', 'a'].map((node) => ({ node, gen: 1 }));
    expect(byNode(await store().readNodes(key, nodes, 'outputs'))).toEqual([settled('a', { output: 1 }), running('c')]);
  });

  test('only statuses leaves outputs out, and nothing else', async () => {
    const key = newKey();
    const pure = {
      p: { status: 'succeeded', output: 2, branch: 'yes' },
      q: { status: 'failed', error: BOOM },
      r: { status: 'succeeded', open: true },
    } as const;
    await store().writeNode(key, settled('a', { output: noise(20_000), pure, inline: [1], groups: [[2]] }), 'absent');
    const bare = settled('a', {
      pure: { ...pure, p: { status: 'succeeded', branch: 'yes' } },
      inline: [1],
      groups: [[2]],
    });
    expect(await store().readNodes(key, [A], 'statuses')).toStrictEqual([bare]);
    expect(await store().readAll(key, 'statuses')).toStrictEqual({ nodes: [bare], groups: [] });
  });

  test('a node asked for twice in one call is the mistake of the caller', async () => {
    await expect(store().readNodes(newKey(), [A, A], 'statuses')).rejects.toBeInstanceOf(Error);
  });

  test('250 nodes of 8 kB each finds them all, large outputs too', async () => {
    const key = newKey();
    const text = noise(8_000);
    const nodes = Array.from({ length: 250 }, (_, at) => ({ node: `n${String(at).padStart(3, '0')}`, gen: 1 }));
    await Promise.all(
      nodes.map(({ node }) => store().writeNode(key, settled(node, { output: node + text }), 'absent')),
    );
    const found = byNode(await store().readNodes(key, nodes, 'outputs'));
    expect(found).toEqual(nodes.map(({ node }) => settled(node, { output: node + text })));
    // More than the megabyte that a page holds.
    const all = await store().readAll(key, 'outputs');
    expect(byNode(all.nodes)).toEqual(found);
  });
}

function allCases(store: () => ExecutionStore): void {
  test('all of an execution that has nothing finds nothing', async () => {
    expect(await store().readAll(newKey(), 'outputs')).toEqual({ nodes: [], groups: [] });
  });

  test('all of it finds nodes of every generation and groups; neither header nor arrivals', async () => {
    const key = newKey();
    const group = { node: 'a', gen: 2, group: 0, lease: LEASE, op: 'op1' };
    await store().createHeader(header(key));
    await store().writeNode(key, settled('a', { output: 1 }), 'absent');
    await store().writeNode(key, running('b'), 'absent');
    await store().writeNode(key, { ...running('a'), gen: 2 }, 'absent');
    await store().writeNode(key, { ...running('a'), gen: 10 }, 'absent');
    await store().takeGroup(key, group);
    await store().arrive(key, { join: 'j', gen: 1, level: 0, chunk: 0 }, ['0l']);
    const all = await store().readAll(key, 'outputs');
    expect(ids(all.nodes)).toEqual(['a/1', 'b/1', 'a/2', 'a/10']);
    expect(all.groups).toEqual([group]);
  });

  test('all of two thousand nodes finds each once', async () => {
    const key = newKey();
    const names = Array.from({ length: 2_000 }, (_, at) => `n${String(at).padStart(4, '0')}`);
    // A unit's record with its pure members, so that they fill more than one page.
    const inline = Array.from({ length: 300 }, (_, at) => at * 2);
    for (let at = 0; at < names.length; at += 100)
      await Promise.all(
        names.slice(at, at + 100).map((node) => store().writeNode(key, settled(node, { inline }), 'absent')),
      );
    const { nodes } = await store().readAll(key, 'statuses');
    expect(ids(nodes)).toEqual(names.map((node) => `${node}/1`));
  });
}
