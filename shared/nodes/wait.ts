import * as z from 'zod';
import { parseDurationMs } from '../domain/duration.ts';
import { LIMITS } from '../domain/limits.ts';
import { parseRfc3339, toRfc3339 } from '../domain/time.ts';
import { suspended, type EffectNodeType } from '../engine/node-type.ts';

/** Nodes that only write down what they wait for need no more. */
export const WAITING_ATTEMPT_TIMEOUT_MS = 10_000;

export const Duration = z.string().superRefine((text, context) => {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    context.addIssue({ code: 'custom', message: 'is no duration; write 30s, 5m, 1h, 7d or ISO 8601' });
  else if (ms > LIMITS.executionTimeoutMsMax) context.addIssue({ code: 'custom', message: 'is longer than 366 days' });
});

const Instant = z
  .string()
  .refine((text) => parseRfc3339(text) !== undefined, { error: 'is no RFC 3339 time such as 2026-12-24T18:00:00Z' });

const Config = z
  .strictObject({ duration: Duration.optional(), until: Instant.optional() })
  .refine(({ duration, until }) => (duration === undefined) !== (until === undefined), {
    error: "give either 'duration' or 'until'",
  });

/** Waits for a time without anybody running it. A time in the past is over at once. */
export const waitNode: EffectNodeType = {
  type: 'wait',
  kind: 'effect',
  summary: 'waits for a duration or until a time',
  config: Config,
  attemptTimeoutMsDefault: WAITING_ATTEMPT_TIMEOUT_MS,
  run({ config, after, now }) {
    const { duration, until } = Config.parse(config);
    const target = until === undefined ? undefined : parseRfc3339(until);
    const ms = target === undefined ? (parseDurationMs(duration ?? '') ?? 0) : Math.max(0, target - now);
    const due = after(ms);
    const output = { until: toRfc3339(target ?? due) };
    return Promise.resolve(suspended({ for: 'timer', until: due, onDue: { output } }));
  },
};
