import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Job, Outcome } from './jobs.ts';

type Answer = { readonly outcome: Outcome } | { readonly crash: string };

const RUNNER = join(import.meta.dirname, 'runner.ts');

/** Divides the jobs among processes; the answers come in the order of the jobs. */
export async function performAll(
  jobs: readonly Job[],
  processes: number,
  progress: (outcome: Outcome, done: number) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    const runner = fork(RUNNER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      for (let at = next++; at < jobs.length; at = next++) {
        const answer = new Promise<Answer>((resolve, reject) => {
          runner.once('message', (message) => resolve(message as Answer));
          runner.once('exit', (code) => reject(new Error(`a runner ended with code ${code}`)));
        });
        const job = jobs[at];
        if (job !== undefined) runner.send(job);
        const result = await answer;
        runner.removeAllListeners('exit');
        if ('crash' in result) throw new Error(`${JSON.stringify(job)}: ${result.crash}`);
        outcomes[at] = result.outcome;
        done += 1;
        progress(result.outcome, done);
      }
    } finally {
      runner.removeAllListeners('exit');
      runner.disconnect();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, work));
  return outcomes;
}
