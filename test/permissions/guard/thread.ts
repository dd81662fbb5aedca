import { parentPort, workerData } from 'node:worker_threads';
import type { Endpoints } from '../../../local/local-environment.ts';
import type { Template } from '../../../local/template/template.ts';
import type { Service } from '../calls/wire-request.ts';
import { Examiner, type Denials } from './examiner.ts';
import { Judge } from './judge.ts';
import type { GuardEvent } from './ledger.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** What the guard's thread is given, and what it tells. */
export interface ThreadData {
  readonly servers: Endpoints;
  readonly template: Template;
  readonly denials: Denials;
}
export type ThreadMessage =
  | { readonly kind: 'ready'; readonly endpoints: Endpoints }
  | { readonly kind: 'stopped' }
  | GuardEvent;

const { servers, template, denials } = workerData as ThreadData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);
const examiner = new Examiner(new Judge(template), denials, tell);
const proxies: Proxy[] = [];

async function front(service: Service, upstream: string): Promise<string> {
  const proxy = await startProxy({
    upstream,
    readsBodies: service !== 's3',
    examine: (head, body) => examiner.examine(service, head, body),
  });
  proxies.push(proxy);
  return proxy.url;
}

parentPort?.once('message', () => {
  void Promise.all(proxies.map((proxy) => proxy.stop())).then(() => tell({ kind: 'stopped' }));
});
tell({
  kind: 'ready',
  endpoints: {
    dynamodb: await front('dynamodb', servers.dynamodb),
    sqs: await front('sqs', servers.sqs),
    s3: await front('s3', servers.s3),
    scheduler: await front('scheduler', servers.scheduler),
    events: await front('events', servers.events),
  },
});
