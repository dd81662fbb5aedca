import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { startLocalStack } from '../../local/stack.ts';
import { BareLoop, type BareCounts, type BareWork } from './bare-loop.ts';

/** `local/main.ts` with the bare loop for handlers. POST / starts, GET / says how much was sent and worked. */
async function main(): Promise<void> {
  const counts: BareCounts = { sent: 0, worked: 0 };
  const stack = await startLocalStack({
    dataDir: process.env['STEPWELL_DATA'],
    port: 0,
    createApiHandler: (env) => {
      const bare = new BareLoop(env, counts);
      return async ({ body }: APIGatewayProxyEventV2) => {
        if (body === undefined) return { statusCode: 200, body: JSON.stringify(counts) };
        await bare.start(body);
        return { statusCode: 202, body: '{}' };
      };
    },
    createWorkerHandler: (env) => {
      const bare = new BareLoop(env, counts);
      return async ({ Records }: SQSEvent) => {
        await Promise.all(Records.map(({ body }) => bare.work(JSON.parse(body) as BareWork)));
        return { batchItemFailures: [] };
      };
    },
  });
  console.log(`The bare loop is ready on ${stack.url} `);
  process.once('SIGINT', () => void stack.stop().then(() => process.exit(0)));
}

await main();
