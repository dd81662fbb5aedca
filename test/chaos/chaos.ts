import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../simulation/random.ts';
import { Clients } from './clients.ts';
import type { Options } from './options.ts';
import { comeToRest, type Rest } from './rest.ts';
import { judgeChaos, type ChaosReport } from './verdict.ts';
import { kindsOf, type Kind } from './workflows.ts';
import { API_KEY, startWorld, type World } from './world.ts';

/** How many starts die before they are ready. */
const KILLED_WHILE_STARTING = 0.08;
const STARTING_MS_MAX = 1_200;
/** A lease lasts a minute, its recovery and the guards of callbacks and cancels half of one. */
const REST_WITHIN_MS = { told: 60_000, expire: 300_000 };

export interface ChaosOptions extends Omit<Options, 'json'> {
  /** Where everything is left for inspection. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** The local stack is killed again and again, its servers fail, users go on: what has become of it all? */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  await using owner = new AsyncDisposableStack();
  const began = Date.now();
  const random = new Random(options.seed);
  const world = await startWorld(options.folder, options.leases, random, owner);
  const kinds = kindsOf(world.ledger.authority);
  const giveUp = new AbortController();
  owner.defer(() => giveUp.abort());
  const clients = new Clients({
    url: world.child.url,
    apiKey: API_KEY,
    random: random.stream('clients'),
    mend: (execution) => world.mended.add(execution),
    signal: giveUp.signal,
  });
  await abuse(world, clients, kinds, options, random.stream('lives'));
  options.say(`${options.kills} kills after ${secondsSince(began)} s; coming to rest`);
  const rest = await settle(world, clients, options);
  giveUp.abort();
  if (rest.afterMs !== undefined) options.say(`at rest ${(rest.afterMs / 1_000).toFixed(1)} s after the last start`);
  const report = await judgeChaos({
    world,
    kinds,
    started: clients.started,
    rest,
    complaints: clients.complaints,
    options,
  });
  return { ...report, seconds: secondsSince(began) };
}

/** One life of the stack after the other, each with its share of new executions. */
async function abuse(
  { child, killer, plans }: World,
  clients: Clients,
  kinds: readonly Kind[],
  { kills, executions }: ChaosOptions,
  random: Random,
): Promise<void> {
  const arm = (armed: boolean) => {
    for (const plan of plans) plan.armed = armed;
  };
  child.start();
  await child.ready();
  for (const { definition } of kinds) await clients.save(definition);
  let started = 0;
  for (let life = 0; life <= kills; life += 1) {
    if (life > 0) child.start();
    const isLast = life === kills;
    const diesEarly = life > 0 && !isLast && random.chance(KILLED_WHILE_STARTING);
    if (diesEarly) await sleep(random.between(0, STARTING_MS_MAX));
    else await child.ready();
    arm(!diesEarly);
    for (const share = Math.ceil(((life + 1) * executions) / (kills + 1)); started < share; started += 1)
      clients.start(started, kinds[started % kinds.length] ?? random.pick(kinds));
    if (isLast) break;
    if (diesEarly) killer.now('starting');
    else await killer.strike();
    await child.gone();
    arm(false);
  }
  arm(false);
}

/** No more faults: everything has to end, within a time. */
function settle({ api, sqs }: World, clients: Clients, { leases, say }: ChaosOptions): Promise<Rest> {
  return comeToRest(api, sqs, {
    isWanted: () => clients.waiting > 0,
    withinMs: REST_WITHIN_MS[leases],
    guards: leases === 'expire',
    say,
  });
}

function secondsSince(began: number): number {
  return Math.round((Date.now() - began) / 100) / 10;
}
