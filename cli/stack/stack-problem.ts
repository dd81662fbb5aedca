/** Trouble that was to be expected and that the user can mend: printed as it is, without a stack trace; the process ends with 1. */
export class StackProblem extends Error {
  override readonly name = 'StackProblem';
}
