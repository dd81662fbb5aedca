import { credentialsOf } from '../../local/aws-identity.ts';
import type { Endpoints } from '../../local/local-environment.ts';
import type { InFront } from '../../local/stack-options.ts';
import type { FunctionResource } from '../../local/template/resources.ts';
import { addCounts, noCounts, totalCounts, type WireCounts } from './wire-counts.ts';
import { WireProxy } from './wire-proxy.ts';
import { dynamodbCounts, s3Counts, schedulerCounts, sqsCounts, type Exchange } from './wire-reading.ts';

/**
 * Counts what a bill would be made of where it passes: between the functions and the servers that they call. It asks
 * nobody else, so that what Stepwell says of its own cost can be held against it.
 */
export class WireMeter {
  readonly #byCaller = new Map<string, WireCounts>();

  readonly putInFront = async (servers: Endpoints): Promise<InFront> => {
    const proxies = {
      dynamodb: this.#proxy(servers.dynamodb, dynamodbCounts),
      sqs: this.#proxy(servers.sqs, sqsCounts),
      s3: this.#proxy(servers.s3, s3Counts),
      scheduler: this.#proxy(servers.scheduler, schedulerCounts),
    };
    const [dynamodb, sqs, s3, scheduler] = await Promise.all([
      proxies.dynamodb.start(),
      proxies.sqs.start(),
      proxies.s3.start(),
      proxies.scheduler.start(),
    ]);
    return {
      endpoints: { ...servers, dynamodb, sqs, s3, scheduler },
      stop: async () => {
        await Promise.all(Object.values(proxies).map((proxy) => proxy[Symbol.asyncDispose]()));
      },
    };
  };

  /** Counts of functions from one folder of `lambdas/` so far. */
  countsOf(functions: readonly FunctionResource[], folder: string): WireCounts {
    const callers = functions.filter((fn) => fn.folder === folder).map(({ name }) => credentialsOf(name).accessKeyId);
    return totalCounts(callers.flatMap((caller) => this.#byCaller.get(caller) ?? []));
  }

  reset(): void {
    this.#byCaller.clear();
  }

  #proxy(upstream: string, read: (exchange: Exchange) => Partial<WireCounts>): WireProxy {
    return new WireProxy(upstream, (caller, exchange) => {
      const counts = this.#byCaller.get(caller) ?? noCounts();
      this.#byCaller.set(caller, counts);
      addCounts(counts, read(exchange));
    });
  }
}
