import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDynoxide } from '../../local/emulators/dynoxide.ts';
import { startFauxqs } from '../../local/emulators/fauxqs.ts';
import { freePort } from '../../local/free-port.ts';
import { ApiClient } from '../support/api-client.ts';
import type { Random } from '../simulation/random.ts';
import { ChildStack } from './child-stack.ts';
import { EffectLedger } from './effect-ledger.ts';
import { FaultPlan } from './fault-plan.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { Killer } from './killer.ts';
import { statusOf } from './workflows.ts';
import { WriteLog } from './write-log.ts';

export const API_KEY = 'a-key-of-at-least-thirty-two-characters';

/** What outlives the stack: emulators behind proxies that fail, the target with its ledger, and whoever kills. */
export interface World {
  readonly child: ChildStack;
  readonly killer: Killer;
  readonly api: ApiClient;
  readonly ledger: EffectLedger;
  readonly log: WriteLog;
  readonly plans: readonly FaultPlan[];
  /** Past the proxies. */
  readonly dynamodb: string;
  readonly sqs: string;
  /** Executions for which the target has been put right. */
  readonly mended: Set<string>;
}

/** Starts everything but the stack; `owner` stops it again. */
export async function startWorld(
  folder: string,
  leases: 'expire' | 'told',
  random: Random,
  owner: AsyncDisposableStack,
): Promise<World> {
  const log = new WriteLog();
  const mended = new Set<string>();
  const ledger = new EffectLedger({
    random: random.stream('target'),
    seq: () => log.seq,
    statusOf: ({ execution, node, attempt }) => statusOf(node, attempt, mended.has(execution)),
  });
  await ledger.start();
  owner.use(ledger);
  await mkdir(folder, { recursive: true });
  const files = { database: join(folder, 'dynamodb.db'), pidFile: join(folder, 'dynoxide.pid') };
  const dynoxide = await startDynoxide(files);
  owner.defer(() => dynoxide.stop());
  // In memory: this process is not killed.
  const fauxqs = await startFauxqs(undefined);
  owner.defer(() => fauxqs.stop());

  const plans = {
    dynamodb: new FaultPlan('dynamodb', random.stream('dynamodb')),
    sqs: new FaultPlan('sqs', random.stream('sqs')),
  };
  const dynamodb = await startFaultProxy({
    service: 'dynamodb',
    upstream: dynoxide.endpoint,
    plan: plans.dynamodb,
    onApplied: (call) => {
      if (log.note(call)?.sk.startsWith('N#') === true) killer.tell('applied');
    },
  });
  owner.use(dynamodb);
  const sqs = await startFaultProxy({ service: 'sqs', upstream: fauxqs.endpoint, plan: plans.sqs });
  owner.use(sqs);

  const child = new ChildStack({
    env: {
      STEPWELL_DATA: join(folder, 'stack'),
      STEPWELL_API_KEY: API_KEY,
      STEPWELL_HTTP_ALLOW: ledger.authority,
      DYNAMODB_ENDPOINT: dynamodb.url,
      SQS_ENDPOINT: sqs.url,
    },
    port: await freePort(),
    logFile: join(folder, 'stack.log'),
    leases,
  });
  owner.defer(async () => {
    child.kill();
    await child.gone();
  });
  const killer = new Killer(random.stream('kills'), () => child.kill());
  ledger.onMoment = (moment) => killer.tell(moment);
  const api = new ApiClient(child.url, API_KEY);
  const { endpoint: upstream } = dynoxide;
  return {
    child,
    killer,
    api,
    ledger,
    log,
    plans: Object.values(plans),
    dynamodb: upstream,
    sqs: fauxqs.endpoint,
    mended,
  };
}
