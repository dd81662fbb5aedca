import type { DemoRun } from './examples.ts';
import type { HttpTarget, TargetCall } from './http-target.ts';
import { startHttpTarget } from './http-target.ts';

/** All services of all runs on one server, each run under a prefix of its own: `/order-fulfilment/card-declined/payments`. */
export interface Services {
  readonly target: HttpTarget;
  readonly urlOf: (id: string) => string;
  /** What one run's services were asked, without the prefix. */
  readonly callsOf: (id: string) => readonly TargetCall[];
}

export async function startServices(runs: readonly DemoRun[]): Promise<Services> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const target = await startHttpTarget((request) => {
    const { id, path } = split(request.path);
    const run = byId.get(id);
    return run === undefined
      ? { status: 404, body: { error: `no run is called ${id}` } }
      : run.services({ ...request, path });
  });
  return {
    target,
    urlOf: (id) => `${target.url}/${id}`,
    callsOf: (id) =>
      target.calls.flatMap((call) => {
        const own = split(call.path);
        return own.id === id ? [{ ...call, path: own.path }] : [];
      }),
  };
}

/** A run's id has two parts. */
function split(path: string): { readonly id: string; readonly path: string } {
  const [, example = '', run = '', ...rest] = path.split('/');
  return { id: `${example}/${run}`, path: `/${rest.join('/')}` };
}
