import { MemoryExecutionStore } from '../../shared/adapters/memory/execution-store.ts';
import { MemoryPayloads } from './memory-payloads.ts';
import { openMemoryQueue } from './memory-queue.ts';
import { describePayloadsContract } from './payloads-contract.ts';
import { describeQueueContract } from './queue-contract.ts';
import { describeStoreContract } from './store-contract.ts';

const nothing = { [Symbol.asyncDispose]: async () => undefined };

describeStoreContract('memory', async () => ({
  store: new MemoryExecutionStore(),
  emptyStore: async () => new MemoryExecutionStore(),
  ...nothing,
}));

describeQueueContract('memory', async () => ({ open: async () => openMemoryQueue(), ...nothing }));

// Of the tests: the memory store keeps large values in its records.
describePayloadsContract('memory', async () => ({ payloads: new MemoryPayloads(), ...nothing }));
