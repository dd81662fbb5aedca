import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { expect, test } from 'vitest';
import { convert, nodeIds } from '../../examples/wfinstances/convert.ts';

const FOLDER = join(import.meta.dirname, '../../examples/wfinstances');
const Definition = z.object({
  name: z.string(),
  nodes: z.record(
    z.string(),
    z.object({ needs: z.array(z.string()).default([]), with: z.object({ url: z.string(), body: z.unknown() }) }),
  ),
});

function shapeOf(nodes: z.infer<typeof Definition>['nodes']): readonly number[] {
  const needs = Object.values(nodes).map((node) => node.needs);
  const needed = Map.groupBy(needs.flat(), (id) => id);
  const depths = new Map<string, number>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...(nodes[id]?.needs ?? []).map(depthOf));
    depths.set(id, depth);
    return depth;
  };
  return [
    needs.length,
    needs.flat().length,
    needs.filter((list) => list.length === 0).length,
    Math.max(...needs.map((list) => list.length)),
    Math.max(...Array.from(needed.values(), (list) => list.length)),
    Math.max(...Object.keys(nodes).map(depthOf)),
  ];
}

test('the five files have the shapes of the table in the README', () => {
  const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^\d+$/.test(cells[2] ?? ''))
    .map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells.slice(0, 6).map(Number)]);
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => Definition.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))));
  expect(rows).toHaveLength(5);
  expect(files.map(({ name, nodes }) => [name, shapeOf(nodes)])).toEqual(rows);
});

test('tasks become nodes that call the target, parents become needs', () => {
  const text = convert({
    name: 'tiny',
    source: 'nowhere',
    tasks: [
      { id: 'A.B.first_1', parents: [], runtimeSeconds: 0.5 },
      { id: 'A.C.second-2', parents: ['A.B.first_1', 'A.B.first_1'], runtimeSeconds: 2 },
    ],
  });
  expect(text.split('\n').filter((line) => line.includes('/tasks/'))).toHaveLength(2);
  expect(Definition.parse(JSON.parse(text)).nodes).toEqual({
    first_1: {
      needs: [],
      with: { method: undefined, url: '{{ input.target }}/tasks/first_1', body: { runtimeSeconds: 0.5 } },
    },
    second_2: {
      needs: ['first_1'],
      with: { method: undefined, url: '{{ input.target }}/tasks/second_2', body: { runtimeSeconds: 2 } },
    },
  });
});

test('node ids are unique, whatever the tasks are called', () => {
  const long = 'x'.repeat(80);
  const ids = nodeIds(['a.same', 'b.same', 'c.same', '1st', 'with space', long, `b.${long}`, 'dot.']);
  expect([...ids.values()]).toEqual([
    'same',
    'same_2',
    'same_3',
    '_1st',
    'with_space',
    'x'.repeat(64),
    `${'x'.repeat(62)}_2`,
    '_',
  ]);
});

test('a parent that is no task, and a task that comes twice, are refused', () => {
  expect(() => convert({ name: 'a', source: '', tasks: [{ id: 'x', parents: ['y'], runtimeSeconds: 1 }] })).toThrow(
    'no task',
  );
  expect(() => nodeIds(['x', 'x'])).toThrow('Two tasks');
});
