import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts';

/** Goes no deeper than `levels` to find out, so it is safe for any value. */
export function nestsDeeperThan(value: Json, levels: number): boolean {
  if (!isJsonArray(value) && !isJsonObject(value)) return false;
  return levels === 0 || Object.values(value).some((child: Json) => nestsDeeperThan(child, levels - 1));
}
