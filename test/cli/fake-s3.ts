import { WireError, xml } from './wire.ts';

interface FakeVersion {
  readonly key: string;
  readonly versionId: string;
  readonly kind: 'Version' | 'DeleteMarker';
}

/** What S3 lists and deletes at most in one call. */
const PAGE_OBJECTS_MAX = 1_000;

/** Buckets with versions, which fauxqs has not: listing and deleting them. */
export class FakeS3 {
  readonly #buckets = new Map<string, FakeVersion[]>();
  /** Keys that somebody holds on to. */
  readonly locked = new Set<string>();

  /** Every key with two versions, every tenth with a delete marker on top. */
  fill(bucket: string, keys: number): void {
    const versions = Array.from({ length: keys }, (_, index) => `default/<&>/${index}`).flatMap((key, index) => [
      { key, versionId: 'v2', kind: 'Version' as const },
      { key, versionId: 'null', kind: 'Version' as const },
      ...(index % 10 === 0 ? [{ key, versionId: 'm3', kind: 'DeleteMarker' as const }] : []),
    ]);
    this.#buckets.set(bucket, versions);
  }

  isEmpty(bucket: string): boolean {
    return this.count(bucket) === 0;
  }

  count(bucket: string): number {
    return this.#buckets.get(bucket)?.length ?? 0;
  }

  list(url: URL): string {
    const versions = this.#versionsIn(url);
    const asked = Number(url.searchParams.get('max-keys') ?? PAGE_OBJECTS_MAX);
    const page = versions.slice(0, Math.min(asked, PAGE_OBJECTS_MAX));
    const entries = page.map(({ key, versionId, kind }) => xml({ [kind]: { Key: key, VersionId: versionId } }));
    const truncated = xml({ IsTruncated: page.length < versions.length });
    return `<ListVersionsResult>${truncated}${entries.join('')}</ListVersionsResult>`;
  }

  delete(url: URL, body: string): string {
    const versions = this.#versionsIn(url);
    const asked = [...body.matchAll(/<Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId>/g)].map(
      ([, key = '', versionId = '']) => `${unescaped(key)} ${versionId}`,
    );
    if (asked.length > PAGE_OBJECTS_MAX) throw new WireError(400, 'MalformedXML', 'more than 1000 keys');
    const gone = new Set(asked);
    const isLocked = ({ key, versionId }: FakeVersion): boolean =>
      gone.has(`${key} ${versionId}`) && this.locked.has(key);
    const kept = versions.filter((version) => !gone.has(`${version.key} ${version.versionId}`) || isLocked(version));
    this.#buckets.set(bucketOf(url), kept);
    const errors = versions
      .filter(isLocked)
      .map(({ key }) => xml({ Error: { Key: key, Code: 'AccessDenied', Message: 'Access Denied' } }));
    return `<DeleteResult>${errors.join('')}</DeleteResult>`;
  }

  #versionsIn(url: URL): FakeVersion[] {
    const versions = this.#buckets.get(bucketOf(url));
    if (versions === undefined) throw new WireError(404, 'NoSuchBucket', 'The specified bucket does not exist');
    return versions;
  }
}

function bucketOf({ pathname }: URL): string {
  return pathname.split('/')[1] ?? '';
}

function unescaped(value: string): string {
  return value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
