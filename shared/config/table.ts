/**
 * The one table's physical shape: shared by the construct that creates it and the adapter that uses it.
 * Partition key first holds the workspace, so no key of one tenant can be built from another's (docs/architecture.md).
 */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  /** Sparse: executions newest first, sharded by workspace; API keys; carries what a list shows. */
  listing: {
    name: 'listing',
    partitionKey: 'lpk',
    sortKey: 'lsk',
    projected: [
      'status',
      'workflow',
      'version',
      'gen',
      'tags',
      'createdAt',
      'startedAt',
      'endedAt',
      'reason',
      // Dead letters.
      'code',
      'category',
    ],
  },
  /** Sparse: running executions by the time at which somebody should look at them (protocol §7.6). */
  /** `chk` is a number (epoch ms); every other key is a string. */
  sweep: { name: 'sweep', partitionKey: 'spk', sortKey: 'chk' },
} as const;
