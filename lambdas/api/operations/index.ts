import type { OperationId } from '../../../shared/contracts/routes.ts';
import type { Operation } from '../operation.ts';
import { sendCallback, showCallback } from './callbacks.ts';
import {
  countDeadLetters,
  discardDeadLetter,
  getDeadLetter,
  listAllDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
} from './dead-letters.ts';
import { getHistory, getNode, getResults } from './execution-details.ts';
import { cancel, getExecution, listAll, start, startHeldExecution } from './executions.ts';
import { redriveExecution } from './redrive.ts';
import { getMetrics } from './metrics.ts';
import { getErrorCatalog, getHealth, getLimits, getOpenApi } from './system.ts';
import {
  createWorkflow,
  deleteWorkflow,
  getWorkflow,
  listVersions,
  listWorkflows,
  validateWorkflow,
} from './workflows.ts';

export const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
  createWorkflow,
  validateWorkflow,
  listWorkflows,
  getWorkflow,
  listVersions,
  deleteWorkflow,
  startExecution: start,
  startHeldExecution,
  listExecutions: listAll,
  getExecution,
  getNode,
  getResults,
  getHistory,
  cancelExecution: cancel,
  redriveExecution,
  listDeadLetters: listAllDeadLetters,
  countDeadLetters,
  getDeadLetter,
  replayDeadLetter,
  replayDeadLetters,
  discardDeadLetter,
  sendCallback,
  showCallback,
  getLimits,
  getHealth,
  getMetrics,
  getOpenApi,
  getErrorCatalog,
};
