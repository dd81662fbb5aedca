/**
 * What the store holds was written by a newer deployment and is not guessed at. The store itself works: others can be
 * helped, and so can this one as soon as the newer deployment is back.
 */
export class UnreadableError extends Error {
  override readonly name: string = 'UnreadableError';
}
