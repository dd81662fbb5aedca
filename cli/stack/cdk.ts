import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import type { Environment } from './command-line.ts';
import type { Situation } from './situation.ts';

/** The pinned CDK CLI, and the folder with the cdk.json that it reads. */
export interface Cdk {
  readonly script: string;
  readonly folder: string;
}

/** How it ended: undefined = well. */
export type CdkEnd = string | undefined;

/**
 * The environment of a CDK command: it decides nothing for itself of what was printed. The variables say so even where
 * the branch, or a profile, did.
 */
export function cdkEnvironment({ env, identity, caller }: Situation): Environment {
  return {
    ...env,
    PREFIX: identity.prefix,
    STAGE: identity.stage,
    AWS_REGION: caller.region,
    AWS_DEFAULT_REGION: caller.region,
    // It is pinned: its advice to install a newer one globally would only confuse.
    CDK_DISABLE_VERSION_CHECK: '1',
    // cdk.json says `node bin/app.ts`: this Node, whatever else the machine has.
    PATH: [dirname(process.execPath), env['PATH']].filter((path) => path !== undefined).join(delimiter),
  };
}

/** Runs the CDK with our terminal. Ctrl-C reaches it by itself; we outlive it, to say how things stand. */
export async function runCdk(cdk: Cdk, args: readonly string[], env: Environment): Promise<CdkEnd> {
  const child = spawn(process.execPath, [cdk.script, ...args], { cwd: cdk.folder, env: { ...env }, stdio: 'inherit' });
  const ignore = (): void => undefined;
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore).on('SIGTERM', pass).on('SIGHUP', pass);
  try {
    const [code, signal] = await once(child, 'exit');
    if (code === 0) return undefined;
    return code === null ? `was stopped (${String(signal)})` : `ended with ${String(code)}`;
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', pass).off('SIGHUP', pass);
  }
}
