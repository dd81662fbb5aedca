import type { Failure } from '../../../shared/domain/failure.ts';
import { isSettledRecord, type NodeRecord } from '../../../shared/domain/execution/records.ts';
import type { Json } from '../../../shared/domain/json.ts';
import {
  edgeState,
  isCaught,
  joinDecision,
  sourceOf,
  type EdgeState,
  type JoinDecision,
  type TableEnd,
} from '../../support/contract-tables.ts';
import type { Books } from './books.ts';
import { START, type Model, type ModelNode } from './model.ts';

/** How a node ended; `cancelled` decides nothing below it. */
export type End = (TableEnd | { readonly status: 'cancelled' }) & { readonly output?: Json; readonly error?: Failure };

export interface Gate {
  readonly status: 'open' | 'closed' | 'cancelled';
}

/** Where the nodes of an execution stand, derived from its records by the contract's tables alone. */
export class View {
  readonly model: Model;
  readonly books: Books;
  /** The generation that a node's records are to be looked for in. */
  readonly generation: (node: string) => number;
  /** Ends, once there, stay. */
  readonly #ends = new Map<string, End>();
  readonly #since: number;
  readonly #openAt = new Map<string, number>();

  /** `since`: the generation that began with this version of the workflow. */
  constructor(model: Model, books: Books, generation: (node: string) => number, since = 1) {
    this.#since = since;
    this.model = model;
    this.books = books;
    this.generation = generation;
  }

  endOf(node: ModelNode): End | undefined {
    const known = this.#ends.get(node.id);
    if (known !== undefined) return known;
    if (this.#openAt.get(node.id) === this.books.edition) return undefined;
    const end = this.ownEnd(node) ?? this.#skip(node);
    if (end === undefined) this.#openAt.set(node.id, this.books.edition);
    else this.#ends.set(node.id, end);
    return end;
  }

  /** What the records say of the node itself. */
  ownEnd(node: ModelNode): End | undefined {
    const gen = this.generation(node.id);
    if (node.pure) {
      const result = this.books.pureResult(gen, node.id);
      if (result !== undefined) return endFrom(result);
      return this.books.record(gen, node.id)?.status === 'cancelled' ? { status: 'cancelled' } : undefined;
    }
    const record = this.books.record(gen, node.id);
    return record !== undefined && isSettledRecord(record) ? endFrom(record) : undefined;
  }

  openRecord(node: ModelNode): NodeRecord | undefined {
    const record = this.books.record(this.generation(node.id), node.id);
    return record === undefined || isSettledRecord(record) ? undefined : record;
  }

  /** What was decided about the node's `if`. */
  gate(node: ModelNode): Gate | undefined {
    if (!node.hasIf) return undefined;
    const id = `${node.id}?`;
    const gen = this.generation(id);
    const result = this.books.pureResult(gen, id);
    if (result?.status === 'succeeded') return { status: result.open === true ? 'open' : 'closed' };
    return this.books.record(gen, id)?.status === 'cancelled' ? { status: 'cancelled' } : undefined;
  }

  /** What the node's join says of the edges as they are. */
  decision(node: ModelNode): JoinDecision | undefined {
    return joinDecision(node.join, this.statesOf(node));
  }

  statesOf(node: ModelNode): readonly (EdgeState | undefined)[] {
    if (node.needs.length === 0) return [this.#startEdge()];
    return node.needs.map((need) => {
      const source = this.model.byId.get(sourceOf(need));
      const end = source === undefined ? undefined : this.endOf(source);
      if (source === undefined || end === undefined || end.status === 'cancelled') return undefined;
      return edgeState(need, source, end, this.model.needs);
    });
  }

  /** Whether the node itself, not only its `if`, may run now. */
  mayRun(node: ModelNode): boolean {
    return node.hasIf ? this.gate(node)?.status === 'open' : this.decision(node) === 'run';
  }

  /** A failure that fails the execution. */
  isFatal(node: ModelNode, end: End): boolean {
    return end.status === 'failed' && node.onError !== 'continue' && !isCaught(node, end, this.model.needs);
  }

  /**
   * A redrive keeps what succeeded, whatever becomes of the nodes above it, and whatever another version makes it depend
   * on: then these decide nothing about it any more.
   */
  isKept(node: ModelNode): boolean {
    const gen = this.generation(node.hasIf ? `${node.id}?` : node.id);
    return gen < this.#since || node.needs.some((need) => this.generation(sourceOf(need)) > gen);
  }

  /** Whether the virtual node that feeds all others without needs failed: the message that was to start it was dead. */
  get startFailed(): boolean {
    return this.books.record(this.generation(START), START)?.status === 'failed';
  }

  #startEdge(): EdgeState | undefined {
    if (this.startFailed) return 'failed';
    return this.books.record(this.generation(START), START)?.status === 'succeeded' ? 'live' : undefined;
  }

  #skip(node: ModelNode): End | undefined {
    if (this.openRecord(node) !== undefined) return undefined;
    const gate = this.gate(node);
    if (gate !== undefined) return gate.status === 'closed' ? { status: 'skipped', reason: 'if' } : undefined;
    const decision = this.decision(node);
    if (decision === 'skip') return { status: 'skipped', reason: 'branch' };
    return decision === 'blocked' ? { status: 'skipped', reason: 'upstream_failed' } : undefined;
  }
}

interface Result {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly output?: Json;
  readonly branch?: string;
  readonly error?: Failure;
}

function endFrom({ status, output, branch, error }: Result): End {
  if (status === 'cancelled') return { status };
  return {
    status,
    ...(output !== undefined && { output }),
    ...(branch !== undefined && { branch }),
    ...(error !== undefined && { error, code: error.code, category: error.category }),
  };
}
