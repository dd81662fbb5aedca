import { perform, type Job } from './jobs.ts';

/** One of the processes among which the runs are divided: takes a job, answers, and takes the next. */
process.on('message', (job: Job) => {
  perform(job).then(
    (outcome) => process.send?.({ outcome }),
    (error: unknown) =>
      process.send?.({ crash: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
