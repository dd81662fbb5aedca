import { createHash } from 'node:crypto';

/** What a stack's name has room for beside `stepwell-` and the stage, and still be read in a console's column. */
export const SLUG_LENGTH_MAX = 20;
/** 30 bits: among a thousand branches that begin alike, one chance in two thousand that any two get one name. */
const HASH_BITS = 30;
const HASH_DIGIT_BITS = 5;

/**
 * A tracker's key (`PAY-42`, or a bare number), in either case: trackers that name branches write it small. Together no
 * longer than a slug; what is longer is nobody's key. `utf-8` reads as one, too: PREFIX tells such branches apart.
 */
const KEY = '(?:[A-Za-z][A-Za-z0-9]{0,9}-)?[0-9]{1,9}';
/** Behind at least one kind (`fix/`, `ann/fix/`); the first one counts; a hyphen, a deeper path or nothing follows it. */
const KEY_BEHIND_KIND = new RegExp(`^[^/]+/(?:[^/]*/)*?(${KEY})(?=[-/]|$)`);
const KEY_ALONE = new RegExp(`^${KEY}$`);
/** Begins with a letter that is no digit of the hash's: so no hash reads as a key's number. */
const HASHED = /(?:^|-)x[0-9a-v]{6}$/;

/**
 * The part of a stack's name that a branch other than the main one decides: `a-z`, `0-9` and single hyphens.
 *
 * Two branches share it only if they carry the same ticket's key: that is meant, one ticket has one stack, and a branch
 * that is nothing but the key is that ticket's, too. Every other branch has its own. It is the branch's name where
 * that name is its own slug (`refunds`, `release-next`); where something had to be cut off or written otherwise
 * (`feature/refunds`, `feature_refunds`, `Refunds`), a hash of the whole name ends it, since others would come out the same.
 * The same for a name that looks as if it had been hashed.
 */
export function branchSlug(branch: string): string {
  const key = KEY_BEHIND_KIND.exec(branch)?.[1] ?? KEY_ALONE.exec(branch)?.[0];
  if (key !== undefined) return key.toLowerCase();
  const written = branch
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const isItsOwn = written === branch && written !== '' && written.length <= SLUG_LENGTH_MAX && !HASHED.test(written);
  if (isItsOwn) return written;
  const hash = hashOf(branch);
  const readable = written.slice(0, SLUG_LENGTH_MAX - '-'.length - hash.length).replace(/-$/, '');
  return readable === '' ? hash : `${readable}-${hash}`;
}

/** `x` and six digits of base 32. */
function hashOf(branch: string): string {
  const bits = createHash('sha256').update(branch).digest().readUInt32BE() >>> (32 - HASH_BITS);
  return `x${bits.toString(2 ** HASH_DIGIT_BITS).padStart(HASH_BITS / HASH_DIGIT_BITS, '0')}`;
}
