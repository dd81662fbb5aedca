/**
 * A bug put into the engine on purpose: one text of one of its files is replaced when the file is loaded. Nothing of this
 * is in the engine itself, and a mutant whose text is not there any more says so instead of passing for caught.
 */
export interface Mutant {
  readonly name: string;
  /** The bug, as a reviewer would put it. */
  readonly bug: string;
  /** More than one where a second check would make up for the first. */
  readonly edits: readonly Edit[];
}

export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

export function mutate(source: string, file: string, { name, edits }: Mutant): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const parts = text.split(find);
      const times = parts.length - 1;
      if (times !== 1)
        throw new Error(`mutant '${name}': the text to replace occurs ${times} times in ${file}, not once`);
      return parts.join(replace);
    }, source);
}
