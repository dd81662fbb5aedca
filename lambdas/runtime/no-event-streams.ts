/**
 * Stands for `@smithy/core/event-streams` in the bundles (`lib/bundling/functions.ts`): S3's client brings it along for `SelectObjectContent`,
 * which nobody here calls. As large as all of the meter.
 */
export function eventStreamSerdeProvider(): Record<string, never> {
  return {};
}

export function resolveEventStreamSerdeConfig<T>(config: T): T {
  return config;
}

/** Of what the SDK constructs where an answer is an event stream. */
export function EventStreamSerde(): never {
  throw new Error('event streams are left out of the bundles; see lambdas/runtime/no-event-streams.ts');
}
