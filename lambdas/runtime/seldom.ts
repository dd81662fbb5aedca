import type { ObjectStore } from '../../shared/adapters/aws/payloads.ts';
import type { TimerTarget } from '../../shared/adapters/aws/scheduler-timers.ts';
import type { Timers } from '../../shared/adapters/aws/sqs-work-queue.ts';
import type { LifecycleEvents } from '../../shared/engine/ports.ts';
import { awsSettings } from './aws-settings.ts';
import type { Env } from './config.ts';

/**
 * What most invocations do without: large values, timers beyond a quarter of an hour, events. Their clients are a fifth of
 * what a cold start has to compile, so each is loaded when it is first needed.
 */
export function bucketOf(env: Env, bucket: string): ObjectStore {
  const open = once(async () => (await import('./open-bucket.ts')).openBucket(awsSettings(env), env, bucket));
  return {
    put: async (key, body) => (await open()).put(key, body),
    get: async (key) => (await open()).get(key),
  };
}

export function timersOf(env: Env, target: TimerTarget | undefined): Timers {
  if (target === undefined) return { schedule: () => Promise.reject(new Error('this function may make no schedules')) };
  const open = once(async () => (await import('./open-timers.ts')).openTimers(awsSettings(env), target));
  return { schedule: async (body, notBefore, name) => (await open()).schedule(body, notBefore, name) };
}

export function eventsOf(env: Env, bus: string): LifecycleEvents {
  const open = once(async () => (await import('./open-events.ts')).openEvents(awsSettings(env), bus));
  return { publish: async (event) => (await open()).publish(event) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      // A file that could not be read now may be readable later.
      made = undefined;
      throw error;
    });
    return made;
  };
}
