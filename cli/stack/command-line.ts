import { parseArgs } from 'node:util';
import { StackProblem } from './stack-problem.ts';

export type Verb = 'deploy' | 'destroy';

export type Environment = Readonly<Record<string, string | undefined>>;

const WHAT: Readonly<Record<Verb, string>> = {
  deploy: 'Puts this checkout into your AWS account, or brings what is there up to date.',
  destroy: 'Takes a Stepwell out of your AWS account: dev without a trace; prod keeps its data.',
};

const WHEN: Readonly<Record<Verb, string>> = {
  deploy: 'needed for prod',
  destroy: 'needed for prod, and where there is no terminal to ask on',
};

export function usage(verb: Verb): string {
  return `${WHAT[verb]}

  npm run ${verb}              says what it will do, and with which account; then does it
  npm run ${verb} -- --yes     without a question; ${WHEN[verb]}

  STAGE=dev|prod          dev unless it says prod
  PREFIX=<name>           the stack is <name>-<stage>; without it, named after the git branch
  AWS_PROFILE, AWS_REGION and all else that the AWS CLI reads say which account and region
`;
}

/** Undefined = help was asked for. CDK's own flags are not passed on: half of them would make untrue what we print. */
export function readCommandLine(verb: Verb, argv: readonly string[]): { readonly yes: boolean } | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { yes: { type: 'boolean', short: 'y' }, help: { type: 'boolean', short: 'h' } },
    });
    return values.help === true ? undefined : { yes: values.yes === true };
  } catch (error) {
    throw new StackProblem(`${error instanceof Error ? error.message : String(error)}\n\n${usage(verb)}`);
  }
}

/** A command as the user would type it to mean the same stack again. */
export function asTyped(env: Environment, command: string): string {
  const variables = (['PREFIX', 'STAGE'] as const).flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [`${name}=${value}`];
  });
  return [...variables, command].join(' ');
}
