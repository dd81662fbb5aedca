/** A stored definition that does not hold (any more): a node type was removed from the deployment, or a bug. */
export class StoredDefinitionError extends Error {
  override readonly name = 'StoredDefinitionError';
}
