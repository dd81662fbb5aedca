import { expect, test } from 'vitest';
import { countRoundTrips, type WayName } from '../../bench/round-trips/round-trips.ts';

/** Sequential calls from the end of one node to the start of the next: what a node costs in time on AWS. */
test.each<[WayName, number, string]>([
  ['inline', 1, 'the commit, beside which the header is read'],
  ['localJoin', 2, 'the commit and one more'],
  ['dispatched', 4, 'commit, send, header, the group taken'],
])('%s: at most %i round trips (%s)', async (way, most) => {
  const { count, steps } = await countRoundTrips(way);
  expect(steps).toHaveLength(count);
  expect(count, `${way} takes ${count} round trips, ${most} are allowed: ${steps.join(', then ')}`).toBeLessThanOrEqual(
    most,
  );
});
