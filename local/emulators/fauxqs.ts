import { Server } from 'node:net';
import { startFauxqs as start } from 'fauxqs';
import { StartupProblem } from '../startup-problem.ts';

export interface Fauxqs {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** SQS and S3 in this process; with a folder, everything acknowledged is on disk (SQLite, one fsync a call). */
export async function startFauxqs(folder: string | undefined): Promise<Fauxqs> {
  try {
    const server = await onLoopback(() =>
      start({ port: 0, logger: false, ...(folder !== undefined && { dataDir: folder }) }),
    );
    return { endpoint: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
  } catch (error) {
    if (folder === undefined) throw error;
    throw new StartupProblem(
      `The queues and objects in ${folder} cannot be opened (${error instanceof Error ? error.message : String(error)}).\n` +
        'Move its parent folder away to keep a copy, or delete it, and start again; a new one is made.',
      { cause: error },
    );
  }
}

/**
 * fauxqs 2.4.1 binds 0.0.0.0 and offers no setting: anyone on the network could read payloads and send work. So while
 * it starts, listening on all addresses means loopback.
 */
async function onLoopback<T>(run: () => Promise<T>): Promise<T> {
  const original: unknown = Reflect.get(Server.prototype, 'listen');
  if (typeof original !== 'function') throw new Error('node:net has no Server.listen to bind to loopback.');
  Reflect.set(Server.prototype, 'listen', function listen(this: Server, ...args: unknown[]): unknown {
    const [first, ...rest] = args;
    const everywhere = typeof first === 'object' && first !== null && 'host' in first && first.host === '0.0.0.0';
    return Reflect.apply(original, this, everywhere ? [{ ...first, host: '127.0.0.1' }, ...rest] : args);
  });
  try {
    return await run();
  } finally {
    Reflect.set(Server.prototype, 'listen', original);
  }
}
