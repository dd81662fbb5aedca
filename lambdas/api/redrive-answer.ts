import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { RedriveResult } from '../../shared/engine/redrive.ts';
import { StoredDefinitionError } from '../../shared/engine/stored-definition-error.ts';
import { ApiProblem, notFound } from './api-problem.ts';
import { json } from './operation.ts';

/** How a redrive, or the replay of a dead letter, is answered. */
export async function redriveAnswer(
  execution: string,
  redriven: Promise<RedriveResult>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const result = await runnable(redriven);
  switch (result.kind) {
    case 'accepted': {
      const { status, gen } = result.header;
      const location = `/v1/executions/${execution}`;
      return json(202, { id: execution, status, generation: gen }, { location });
    }
    case 'not_found':
      throw notFound(`execution '${execution}'`);
    case 'running':
      throw executionRunning();
    case 'nothing':
      throw new ApiProblem('nothing_to_redrive', 'no node of this execution failed, and no node is named in `from`');
    case 'too_many':
      throw new ApiProblem('too_many_redrives', 'the execution was redriven as often as it may be');
    case 'incompatible':
      throw new ApiProblem('version_incompatible', 'nodes whose results are kept are not the same in this version', {
        problems: result.nodes.map((node) => ({
          code: 'version_incompatible',
          path: '/version',
          message: `node '${node}' keeps its result, and this version does not have it, or has another type of node there`,
        })),
      });
    default:
      return result satisfies never;
  }
}

export function executionRunning(): ApiProblem {
  return new ApiProblem('execution_running', 'the execution has not ended');
}

/** A definition that this deployment cannot run is no fault of ours, and no reason to try again. */
async function runnable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoredDefinitionError) throw new ApiProblem('version_incompatible', error.message);
    throw error;
  }
}
