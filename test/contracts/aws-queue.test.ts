import { AwsQueues } from './aws-queue.ts';
import { AwsServices, S3_NAME, SQS_NAME } from './aws-services.ts';
import { describePayloadsContract } from './payloads-contract.ts';
import { describeQueueContract } from './queue-contract.ts';
import { describeTimersContract } from './timers-contract.ts';

const start = async () => new AwsQueues(await AwsServices.start()).start();

describeQueueContract(`${SQS_NAME}, long delays in our scheduler`, async () => {
  const queues = await start();
  return { open: () => queues.openQueue(), [Symbol.asyncDispose]: () => queues[Symbol.asyncDispose]() };
});

describeTimersContract(`our scheduler, into ${SQS_NAME}`, async () => {
  const queues = await start();
  return { open: () => queues.openTimers(), [Symbol.asyncDispose]: () => queues[Symbol.asyncDispose]() };
});

describePayloadsContract(S3_NAME, () => AwsServices.start());
