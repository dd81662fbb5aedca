import type { ExecutionStatus } from '../domain/execution/records.ts';

/** What is counted of a workspace besides what it uses: names in the ledger, and what `/metrics` makes of them. */
export const COUNTS = {
  executionsStarted: 'executions.started',
  executionsEnded: (status: ExecutionStatus) => `executions.ended.${status}`,
  nodesEnded: (type: string) => `nodes.ended.${type}`,
  deadLettersFiled: 'deadLetters.filed',
} as const;
