import type { DeleteMarkerEntry, S3Client } from '@aws-sdk/client-s3';
import { DeleteObjectsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';

/** The most that S3 lists, and deletes, in one call. */
const PAGE_OBJECTS_MAX = 1_000;

/**
 * Deletes every object, every version of it and every delete marker; says how many. CloudFormation deletes no bucket that
 * holds anything. A bucket that is gone is empty. Stopped half-way, it goes on where it stopped when it is run again.
 */
export async function emptyBucket(s3: S3Client, bucket: string): Promise<number> {
  let deleted = 0;
  try {
    // Always the first page: what was on it is gone, and a marker may not outlive the object that it names.
    for (let more = true; more;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: PAGE_OBJECTS_MAX }));
      const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      if (objects.length > 0) await deleteAll(s3, bucket, objects);
      deleted += objects.length;
      more = page.IsTruncated === true;
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchBucket')) throw error;
  }
  return deleted;
}

/** @throws when one of them could not be deleted: so no page comes twice. */
async function deleteAll(s3: S3Client, bucket: string, objects: readonly DeleteMarkerEntry[]): Promise<void> {
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: objects.map(({ Key, VersionId }) => ({ Key, VersionId })), Quiet: true },
    }),
  );
  const [first] = Errors;
  if (first === undefined) return;
  throw new Error(
    `${Errors.length} of ${objects.length} objects of the bucket ${bucket} could not be deleted; ` +
      `the first is ${first.Key}: ${first.Code}, ${first.Message}`,
  );
}
