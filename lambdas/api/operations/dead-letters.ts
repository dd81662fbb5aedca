import { listDeadLetters, newestSummaries } from '../../../shared/adapters/aws/dynamo/dead-letter-list.ts';
import type {
  DeadLetterItem,
  DeadLetterStatsQuery,
  ReplayBody,
  ReplayManyBody,
} from '../../../shared/contracts/dead-letter-schemas.ts';
import type { DeadLetter } from '../../../shared/domain/execution/records.ts';
import type { Json } from '../../../shared/domain/json.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import { nodeAt } from '../../../shared/domain/workflow/plan.ts';
import { jsonBytes } from '../../../shared/engine/json-bytes.ts';
import type { DeadLetterFilter } from '../../../shared/engine/replay-jobs.ts';
import { discard, replay } from '../../../shared/engine/replay.ts';
import { startReplay } from '../../../shared/engine/start-replay.ts';
import type * as z from 'zod';
import { ApiProblem, notFound } from '../api-problem.ts';
import { makeCursor, readCursor } from '../cursor.ts';
import { deadLetterKeyOf } from '../dead-letter-id.ts';
import { asItIs, deadLetterBody, deadLetterItem } from '../dead-letter-view.ts';
import { json, param, type Operation, type OperationContext } from '../operation.ts';
import { redriveAnswer } from '../redrive-answer.ts';
import { instant, invalid, issuesOf } from '../request.ts';

/** In lists: what a person takes in at a glance, and 200 of which are far from Lambda's 6 MB. */
const LISTED_INPUT_BYTES_MAX = 4_096;
/** Errors may be long, too, and their text goes into the answer escaped once more. */
const PAGE_BYTES_MAX = 2_500_000;
const ANSWER_BYTES_MAX = 5_500_000;

export const listAllDeadLetters: Operation = async (context) => {
  const { app, workspace, query } = context;
  const signer = await context.signer();
  const scope = { workspace, operation: 'listDeadLetters', filters: query };
  const after = readCursor(signer, scope, query['cursor'] as string | undefined);
  const page = await listDeadLetters(app.table, {
    workspace,
    filter: filterOf(query),
    limit: (query['limit'] as number | undefined) ?? LIMITS.listPageDefault,
    ...(after !== undefined && { after }),
  });
  const items: DeadLetterItem[] = [];
  let bytes = 0;
  let { next } = page;
  for (const { letter, position } of page.items) {
    const item = deadLetterItem(letter, listedInput(letter));
    items.push(item);
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes < PAGE_BYTES_MAX) continue;
    next = position;
    break;
  }
  return json(200, { items, ...(next !== undefined && { cursor: makeCursor(signer, scope, next) }) });
};

function listedInput({ input }: DeadLetter): Json | undefined {
  if (input?.at !== 'record') return undefined;
  return jsonBytes(input.value) <= LISTED_INPUT_BYTES_MAX ? input.value : undefined;
}

function filterOf(given: Partial<DeadLetterStatsQuery>): DeadLetterFilter {
  const { workflow, code: codes, category: categories, status: statuses } = given;
  const since = instant(given.since);
  const until = instant(given.until);
  return {
    ...(workflow !== undefined && { workflow }),
    ...(codes !== undefined && { codes }),
    ...(categories !== undefined && { categories }),
    ...(statuses !== undefined && { statuses }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

export const countDeadLetters: Operation = async ({ app, workspace, query }) => {
  const filter = filterOf(query);
  const { items, complete } = await newestSummaries(app.table, workspace, filter, LIMITS.deadLettersCountedMax);
  return json(200, {
    total: items.length,
    byStatus: counted(items.map(({ status }) => status)),
    byCode: counted(items.map(({ code }) => code)),
    byCategory: counted(items.map(({ category }) => category)),
    byWorkflow: counted(items.map(({ workflow }) => workflow)),
    complete,
  });
};

/** The most frequent first. */
function counted(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const byCount = [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return Object.fromEntries(byCount);
}

async function letterOf({ app, workspace, params }: OperationContext): Promise<DeadLetter> {
  const id = params['letter'] ?? '';
  const letter = await app.executions.readDeadLetter(deadLetterKeyOf(workspace, id));
  if (letter === undefined) throw notFound(`dead letter '${id}'`);
  return letter;
}

export const getDeadLetter: Operation = async (context) => {
  const { app } = context;
  const letter = await letterOf(context);
  const header = await app.executions.readHeader(letter);
  if (header === undefined) throw notFound(`dead letter '${param(context, 'letter')}'`);
  const plan = await app.engine.plans.load(header.workspace, header.workflow, header.version);
  const input = letter.input === undefined ? undefined : await app.executions.load(letter.input);
  const body = deadLetterBody(asItIs(letter, header, plan), input);
  if (Buffer.byteLength(JSON.stringify(body)) <= ANSWER_BYTES_MAX) return json(200, body);
  const { input: _input, ...rest } = body;
  return json(200, rest);
};

export const replayDeadLetter: Operation = async (context) => {
  const { app } = context;
  const body = context.body as z.infer<typeof ReplayBody>;
  const letter = await letterOf(context);
  if (body.with !== undefined) await checkWith(context, letter, body.with);
  const { workspace, execution, gen, node } = letter;
  const result = replay(app.engine, {
    key: { workspace, execution, gen, node },
    ...(body.with !== undefined && { with: body.with }),
    requestId: context.requestId,
  }).then((replayed) => {
    if (replayed.kind === 'closed') throw closed();
    return replayed;
  });
  return redriveAnswer(execution, result);
};

function closed(): ApiProblem {
  return new ApiProblem('dead_letter_closed', 'the dead letter was replayed or discarded before');
}

/** What replaces the node's `with` is judged as a definition's would be; nothing in it is a template. */
async function checkWith({ app }: OperationContext, letter: DeadLetter, value: Json): Promise<void> {
  const header = await app.executions.readHeader(letter);
  if (header === undefined) return;
  const plan = await app.engine.plans.load(header.workspace, header.workflow, header.version);
  const index = plan.indexOf.get(letter.node);
  // Another version has taken it away: the entry is closed.
  if (index === undefined) return;
  const type = app.engine.nodes.implementation(nodeAt(plan, index).type);
  const parsed = type.config.safeParse(value);
  if (parsed.success) return;
  const problems = issuesOf(parsed.error, '/with').map((problem) => ({ ...problem, code: 'invalid_with' }));
  throw invalid(`'with' does not fit a node of type '${type.type}'`, problems);
}

export const discardDeadLetter: Operation = async (context) => {
  if (!(await discard(context.app.engine, await letterOf(context)))) throw closed();
  return { statusCode: 204 };
};

export const replayDeadLetters: Operation = async ({ app, workspace, body }) => {
  const { filter, ratePerSecond } = body as z.infer<typeof ReplayManyBody>;
  const { status: _open, ...meant } = filter;
  const job = await startReplay(app.engine, {
    workspace,
    filter: filterOf(meant),
    ratePerSecond: ratePerSecond ?? LIMITS.replayRateDefault,
  });
  return json(202, { id: job.job, status: job.status });
};
