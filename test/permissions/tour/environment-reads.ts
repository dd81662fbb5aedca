import type { HandlerEnvironment } from '../../../local/stack-options.ts';

/** What a handler was given, and which of it, or besides it, it asked for. */
export interface EnvironmentReads {
  readonly given: HandlerEnvironment;
  readonly names: Set<string>;
}

/** The same environment, and a list of the names that are read from it. */
export function observed(given: HandlerEnvironment): {
  readonly env: HandlerEnvironment;
  readonly reads: EnvironmentReads;
} {
  const names = new Set<string>();
  const note = (name: string | symbol): void => {
    if (typeof name === 'string') names.add(name);
  };
  const env = new Proxy(given, {
    get: (target, name) => {
      note(name);
      return Reflect.get(target, name) as string | undefined;
    },
    has: (target, name) => {
      note(name);
      return Reflect.has(target, name);
    },
  });
  return { env, reads: { given, names } };
}
