/** RFC 9110 §13.1.2: `*`, or a list in which one tag is this one; weak comparison, since proxies that compress weaken tags. */
export function ifNoneMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = new Set(header.split(',').map((tag) => tag.trim().replace(/^W\//, '')));
  return tags.has('*') || tags.has(etag);
}
