import type { RedriveBody } from '../../../shared/contracts/schemas.ts';
import { isTerminal, type Header } from '../../../shared/domain/execution/records.ts';
import { pointer } from '../../../shared/domain/json.ts';
import type { Plan } from '../../../shared/domain/workflow/plan.ts';
import { redrive, type RedriveResult } from '../../../shared/engine/redrive.ts';
import type * as z from 'zod';
import { notFound } from '../api-problem.ts';
import { checkedInput } from '../checked-input.ts';
import { param, type Operation, type OperationContext } from '../operation.ts';
import { executionRunning, redriveAnswer } from '../redrive-answer.ts';
import { invalid } from '../request.ts';

type Body = z.infer<typeof RedriveBody>;

export const redriveExecution: Operation = async (context) => {
  const { app, workspace } = context;
  const id = param(context, 'id');
  const header = await app.executions.readHeader({ workspace, execution: id });
  if (header === undefined) throw notFound(`execution '${id}'`);
  // A held one is started, not redriven.
  if (!isTerminal(header.status)) throw executionRunning();
  return redriveAnswer(id, redriveOnto(context, header, context.body as Body));
};

async function redriveOnto(context: OperationContext, header: Header, body: Body): Promise<RedriveResult> {
  const { workspace, execution } = header;
  const target = await targetOf(context, header, body.version ?? header.version);
  const { from } = body;
  if (from !== undefined) checkNodes(target, from);
  const input = body.input === undefined ? undefined : checkedInput(target, body.input);
  return redrive(context.app.engine, {
    workspace,
    execution,
    target,
    freshKeys: body.freshKeys ?? false,
    requestId: context.requestId,
    ...(from !== undefined && { from }),
    ...(input !== undefined && { input: { at: 'record', value: input } }),
  });
}

/** The version that the execution has is there for as long as the execution, whatever became of its workflow. */
async function targetOf({ app }: OperationContext, header: Header, version: number): Promise<Plan> {
  const { workspace, workflow } = header;
  if (version !== header.version) {
    const saved = await app.workflows.read(workspace, workflow);
    if (saved === undefined || saved.deleted || version > saved.version)
      throw notFound(`version ${version} of workflow '${workflow}'`);
  }
  return app.engine.plans.load(workspace, workflow, version);
}

function checkNodes(plan: Plan, from: readonly string[]): void {
  const problems = from.flatMap((id, at) =>
    plan.indexOf.has(id)
      ? []
      : [
          {
            code: 'unknown_reference',
            path: pointer('/from', at),
            message: `version ${plan.version} of '${plan.workflow}' has no node '${id}'`,
          },
        ],
  );
  if (problems.length > 0) throw invalid('`from` names nodes that are not there', problems);
}
