import { afterAll, beforeAll, describe } from 'vitest';
import type { ExecutionStore } from '../../shared/engine/ports.ts';
import { arrivalCases } from './store-arrivals.ts';
import { checkCases } from './store-checks.ts';
import { deadLetterCases } from './store-dead-letters.ts';
import { groupCases } from './store-groups.ts';
import { headerCases } from './store-headers.ts';
import { nodeConditionCases } from './store-node-conditions.ts';
import { nodeReadCases } from './store-node-reads.ts';
import { nodeValueCases } from './store-node-values.ts';

export interface StoreSubject extends AsyncDisposable {
  /** Shared by tests that keep to executions of their own. */
  readonly store: ExecutionStore;
  /** One that holds nothing yet. */
  emptyStore(): Promise<ExecutionStore>;
}

/** What the engine may rely on whatever keeps its executions (`shared/engine/ports.ts`). */
export function describeStoreContract(name: string, start: () => Promise<StoreSubject>): void {
  describe(`the execution store: ${name}`, () => {
    let subject: StoreSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject[Symbol.asyncDispose]());
    const store = (): ExecutionStore => subject.store;

    describe('a header', () => {
      headerCases(store);
    });
    describe('a node', () => {
      nodeConditionCases(store);
      nodeValueCases(store);
    });
    describe('reading', () => {
      nodeReadCases(store);
    });
    describe('an arrival set', () => {
      arrivalCases(store);
    });
    describe('a group', () => {
      groupCases(store);
    });
    describe('a dead letter', () => {
      deadLetterCases(store);
    });
    describe('due checks', () => {
      checkCases(() => subject.emptyStore());
    });
  });
}
