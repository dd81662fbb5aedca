import type { SQSBatchResponse } from 'aws-lambda';

/**
 * Which messages of a batch did not succeed, read as Lambda reads it: nothing or an empty list is success of all, a
 * response that names a message that was not in the batch (or no message) is failure of all.
 */
export function failedMessageIds(
  response: SQSBatchResponse | null | undefined | void,
  batch: ReadonlySet<string>,
): ReadonlySet<string> {
  const failures: unknown = response?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return batch;
  const failed = new Set<string>();
  for (const failure of failures as readonly unknown[]) {
    const id =
      typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure ? failure.itemIdentifier : '';
    if (typeof id !== 'string' || !batch.has(id)) return batch;
    failed.add(id);
  }
  return failed;
}
