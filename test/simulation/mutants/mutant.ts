/**
 * A bug put into the engine on purpose: one text of one of its files is replaced when the file is loaded. Nothing of this
 * is in the engine itself, and a mutant whose text is not there any more says so instead of passing for caught.
 */
export interface Mutant {
  readonly name: string;
  /** The bug, as a reviewer would put it. */
  readonly bug: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

export function mutate(source: string, { name, file, find, replace }: Mutant): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    const found = parts.length - 1;
    throw new Error(`mutant '${name}': the text to replace occurs ${found} times in ${file}, not once`);
  }
  return parts.join(replace);
}
