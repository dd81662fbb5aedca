import type { ModelNode } from '../support/join-oracle.ts';

/** One way in which an edge into a join comes to its state: nodes, all named after `id`, and the needs of the join. */
export interface Source {
  readonly name: string;
  /** Among the few that stand for all in larger combinations. */
  readonly basic: boolean;
  readonly make: (id: string) => { readonly nodes: readonly ModelNode[]; readonly needs: readonly string[] };
}

type Ending = Omit<ModelNode, 'id' | 'kind'>;
const task = (id: string, ending: Ending = {}): ModelNode => ({ id, kind: 'task', ...ending });

/** A single task, needed by `suffix`. */
function single(name: string, suffix: string, ending: Ending, basic = false): Source {
  return { name, basic, make: (id) => ({ nodes: [task(id, ending)], needs: [id + suffix] }) };
}

/** Several nodes; the join needs the last one. */
function several(name: string, nodes: (id: string) => readonly ModelNode[], suffix = '', basic = false): Source {
  return { name, basic, make: (id) => ({ nodes: nodes(id), needs: [nodes(id).at(-1)!.id + suffix] }) };
}

const condition = (id: string, ending: Ending = {}) => [
  task(id),
  { id: `${id}c`, kind: 'condition' as const, needs: [id], ...ending },
];

export const SOURCES: readonly Source[] = [
  single('succeeds', '', {}, true),
  single('failed', '', { fails: 'boom' }, true),
  single('tolerated', '', { fails: 'boom', onError: 'continue' }, true),
  single('.error of a failure', '.error', { fails: 'boom' }, true),
  single('.error of a success', '.error', {}, true),
  single('catch that takes the code', '.named', { fails: 'boom', catch: { named: ['boom'] } }),
  single('catch that takes another code', '.named', { fails: 'boom', catch: { named: ['other'] } }, true),
  single('.error beside a catch that takes the code', '.error', { fails: 'boom', catch: { named: ['boom'] } }),
  single('.error beside a catch that takes another code', '.error', { fails: 'boom', catch: { named: ['other'] } }),
  single('skipped by its `if`', '', { if: 'false' }, true),
  single('.error of a node skipped by its `if`', '.error', { if: 'false' }),
  single('an `if` that cannot be evaluated', '', { if: 'error' }),
  several('a taken branch', (id) => condition(id, { branch: 'yes' }), '.yes', true),
  several('a branch not taken', (id) => condition(id, { branch: 'no' }), '.yes'),
  several('a branch of a failed condition', (id) => condition(id, { fails: 'x' }), '.yes'),
  several(
    'a branch of a tolerated failed condition',
    (id) => condition(id, { fails: 'x', onError: 'continue' }),
    '.yes',
  ),
  several('skipped behind a branch', (id) => [
    ...condition(id, { branch: 'no' }),
    task(`${id}t`, { needs: [`${id}c.yes`] }),
  ]),
  several('skipped behind a failure', (id) => [task(id, { fails: 'boom' }), task(`${id}t`, { needs: [id] })], '', true),
  several(
    '.error of a node skipped behind a failure',
    (id) => [task(id, { fails: 'boom' }), task(`${id}t`, { needs: [id] })],
    '.error',
  ),
  several('the handler of a failure', (id) => [
    task(id, { fails: 'boom' }),
    task(`${id}h`, { needs: [`${id}.error`] }),
  ]),
  several('a pure node in the unit', (id) => [task(id), { id: `${id}p`, kind: 'transform', needs: [id] }]),
  several('a pure node in the unit that fails', (id) => [
    task(id),
    { id: `${id}p`, kind: 'transform', needs: [id], fails: 'x' },
  ]),
  several('a pure `always` node below a failure', (id) => [
    task(id, { fails: 'boom' }),
    { id: `${id}p`, kind: 'pass', needs: [id], join: 'always' },
  ]),
  several('a pure `always` node below a skipped effect', (id) => [
    task(id, { fails: 'boom' }),
    task(`${id}t`, { needs: [id] }),
    { id: `${id}p`, kind: 'pass', needs: [`${id}t`], join: 'always' },
  ]),
  {
    name: 'plain and .error of one failure',
    basic: false,
    make: (id) => ({ nodes: [task(id, { fails: 'boom' })], needs: [id, `${id}.error`] }),
  },
  {
    name: 'catch and .error of one failure',
    basic: false,
    make: (id) => ({
      nodes: [task(id, { fails: 'boom', catch: { named: ['boom'] } })],
      needs: [`${id}.named`, `${id}.error`],
    }),
  },
  {
    name: 'plain need of a failure caught elsewhere',
    basic: false,
    make: (id) => ({ nodes: [task(id, { fails: 'boom' }), task(`${id}h`, { needs: [`${id}.error`] })], needs: [id] }),
  },
];
