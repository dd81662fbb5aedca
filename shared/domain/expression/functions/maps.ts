import type { Meter } from '../meter.ts';
import { MapBuilder } from '../map-builder.ts';
import type { Value, ValueMap } from '../value.ts';
import { define, defineVariadic, type Signature } from './signature.ts';

/** Later maps win; a key keeps the place where it first stood. */
function merge(meter: Meter, maps: readonly ValueMap[]): ValueMap {
  const builder = new MapBuilder();
  for (const map of maps) {
    const keys = Object.keys(map);
    meter.map(keys.length);
    for (const key of keys) builder.set(key, map[key] as Value);
  }
  return builder.map;
}

export const MAP_FUNCTIONS: readonly Signature[] = [
  define('keys', ['map'], 'list', (meter, map) => {
    const keys = Object.keys(map);
    meter.list(keys.length);
    return keys;
  }),
  define('values', ['map'], 'list', (meter, map) => {
    const values = Object.values(map);
    meter.list(values.length);
    return values;
  }),
  defineVariadic('merge', 'map', 'map', merge),
];
