/** Does `count` things, `width` at a time: a lane takes the next one as soon as its last is over. */
export async function inLanes(count: number, width: number, one: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
