import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ApiKeyStore, WORKSPACE } from '../shared/adapters/aws/dynamo/api-keys.ts';
import { Table } from '../shared/adapters/aws/dynamo/table.ts';
import { epochMs, toRfc3339 } from '../shared/domain/time.ts';
import { awsSettings } from './stack/aws-settings.ts';

const USAGE = `API keys of a Stepwell.

  npm run keys -- create [--name who] [--workspace default]     makes a key and shows it, this once
  npm run keys -- list                                          shows the keys' ids, never the keys
  npm run keys -- revoke <id>                                   ends a key within a minute

  --stack <name>    a stack deployed in the AWS account that your credentials open;
                    without it, the local stack that runs on this machine (npm start)
`;

/** What the user can mend: printed without a stack trace. */
class UsageProblem extends Error {}

const KEY_BYTES = 32;

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(argv);
  const [command, id] = positionals;
  if (command === undefined || values.help === true) {
    console.log(USAGE);
    return;
  }
  if (!['create', 'list', 'revoke'].includes(command))
    throw new UsageProblem(`There is no command '${command}'.\n\n${USAGE}`);
  const keys = await openKeys(values.stack);
  const now = epochMs(Date.now());
  if (command === 'create') {
    const workspace = values.workspace ?? 'default';
    if (!WORKSPACE.test(workspace)) throw new UsageProblem('A workspace is 1 to 40 of a-z, 0-9 and -.');
    const key = `sw_${randomBytes(KEY_BYTES).toString('base64url')}`;
    const entry = await keys.put({ key, workspace, name: values.name ?? 'unnamed', now });
    console.log(`${key}\n\nThis is the only time it is shown. Its id is ${entry.id}, its workspace ${workspace}.`);
  } else if (command === 'list') {
    for (const key of await keys.list()) {
      const state = key.revokedAt === undefined ? 'active' : `revoked ${toRfc3339(key.revokedAt)}`;
      console.log([key.id, key.workspace, key.name, `created ${toRfc3339(key.createdAt)}`, state].join('  '));
    }
  } else {
    if (id === undefined) throw new UsageProblem(`Which key? Name its id, as 'list' shows it.\n\n${USAGE}`);
    const revoked = await keys.revoke(id, now);
    if (revoked === undefined)
      throw new UsageProblem(`There is no key with the id '${id}'. 'npm run keys -- list' shows them.`);
    console.log(`${id} is revoked; it stops working within a minute.`);
  }
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        stack: { type: 'string' },
        name: { type: 'string' },
        workspace: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageProblem(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

async function openKeys(stack: string | undefined): Promise<ApiKeyStore> {
  if (stack !== undefined)
    return new ApiKeyStore(new Table(new DynamoDBClient(awsSettings(process.env)), await tableOf(stack)));
  const { dynamodb, table } = runningLocally();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new ApiKeyStore(
    new Table(new DynamoDBClient({ endpoint: dynamodb, region: 'us-east-1', credentials }), table),
  );
}

async function tableOf(stack: string): Promise<string> {
  const { Stacks = [] } = await new CloudFormationClient(awsSettings(process.env)).send(
    new DescribeStacksCommand({ StackName: stack }),
  );
  const table = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'TableName')?.OutputValue;
  if (table === undefined) throw new UsageProblem(`The stack '${stack}' has no output TableName: is it a Stepwell?`);
  return table;
}

/** The running local stack says in its data folder where its emulators listen. */
function runningLocally(): { readonly dynamodb: string; readonly table: string } {
  const folder = process.env['STEPWELL_DATA'] ?? '.stepwell';
  try {
    const running = JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8')) as {
      dynamodb?: unknown;
      table?: unknown;
    };
    if (typeof running.dynamodb === 'string' && typeof running.table === 'string')
      return { dynamodb: running.dynamodb, table: running.table };
  } catch {
    // Answered below: there is no such file when nothing runs.
  }
  throw new UsageProblem(
    `No local stack runs on ${folder}. Start it (npm start) and run this again, or name a deployed one: --stack <name>`,
  );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageProblem) console.error(error.message);
  else
    console.error(`That did not work: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  process.exitCode = 1;
}
