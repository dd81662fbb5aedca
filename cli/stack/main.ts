import { fileURLToPath } from 'node:url';
import { currentBranch } from '../../lib/branch-from-git.ts';
import { Account } from './account.ts';
import { awsSettings } from './aws-settings.ts';
import { explained } from './aws-trouble.ts';
import type { Context, Terminal } from './context.ts';
import { askYesNo } from './question.ts';
import { StackProblem } from './stack-problem.ts';

type Command = (context: Context, account: Account) => Promise<void>;

const repositoryFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Runs a command as a process: with our arguments, environment and terminal. */
export async function main(command: Command): Promise<void> {
  process.exitCode = await runCommand(command, {
    argv: process.argv.slice(2),
    env: process.env,
    branch: currentBranch(),
    terminal: ourTerminal(),
    cdk: { script: repositoryFile('node_modules/aws-cdk/bin/cdk'), folder: repositoryFile('.') },
  });
}

/** The exit code: 0 = done, 1 = refused or failed, and said why. */
export async function runCommand(command: Command, context: Context): Promise<0 | 1> {
  const settings = awsSettings(context.env);
  try {
    using account = new Account(settings);
    await command(context, account);
    return 0;
  } catch (error) {
    context.terminal.complain(sayable(explained(error, settings)));
    return 1;
  }
}

function sayable(error: unknown): string {
  if (error instanceof StackProblem) return error.message;
  return `That did not work: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function ourTerminal(): Terminal {
  const { stdin, stdout } = process;
  const spoken = { say: (text: string) => console.log(text), complain: (text: string) => console.error(text) };
  if (!stdin.isTTY || !stdout.isTTY) return spoken;
  return { ...spoken, ask: (question) => askYesNo(question, stdin, stdout) };
}
