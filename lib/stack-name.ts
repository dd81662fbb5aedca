/** The schedule group carries the stack's name and may have 64 characters, of which `-prod` takes five. */
const PREFIX = /^[a-zA-Z][a-zA-Z0-9-]{0,39}$/;

/** The stack's name; everything else in the account is named by CloudFormation after it. */
export function stackName(prefix: string, stage: string): string {
  if (!PREFIX.test(prefix)) {
    throw new Error(`PREFIX is "${prefix}"; it is a letter and up to 39 more letters, digits or hyphens.`);
  }
  return `${prefix}-${stage}`;
}
