/** Something the user can put right: printed as it is, without a stack trace, before the process ends with 1. */
export class StartupProblem extends Error {
  override readonly name = 'StartupProblem';
}
