import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line says of the work that it was written for: messages of one batch are worked side by side. */
export interface LogContext {
  readonly workspace?: string;
  readonly execution?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

export function withLogContext<T>(context: LogContext, run: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, run);
}

export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
