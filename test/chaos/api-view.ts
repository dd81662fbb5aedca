import type { ApiClient } from '../support/api-client.ts';
import type { ExecutionEvidence } from '../simulation/checker/evidence.ts';
import type { Finding } from './counts.ts';
import { listed } from './rest.ts';

const AT_ONCE = 8;

/** Where the API says something else than the records. */
export async function apiDisagreements(
  api: ApiClient,
  executions: readonly ExecutionEvidence[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const stored = new Map(executions.map(({ key, header }) => [key.execution, header]));
  const inList = new Map((await listed(api)).map(({ id, status }) => [id, status]));
  for (const [execution, header] of stored) {
    const status = inList.get(execution);
    if (header !== undefined && status !== header.status)
      findings.push({ execution, message: `is ${header.status}, and ${status ?? 'absent'} in the list` });
  }
  for (const id of inList.keys())
    if (!stored.has(id)) findings.push({ execution: id, message: 'is in the list alone' });
  const queue = [...stored];
  const look = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [execution, header] = next;
      const { status, body } = await api.call('GET', `/v1/executions/${execution}?nodes=none`);
      if (header !== undefined && (status !== 200 || body.status !== header.status))
        findings.push({
          execution,
          message: `is ${header.status}, and the API says ${status} ${String(body?.status)}`,
        });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return findings;
}
