import { runOf, type Run } from '../domain/execution/generation.ts';
import type { Header } from '../domain/execution/records.ts';
import type { Plan } from '../domain/workflow/plan.ts';

/** A handful of executions at a time are redriven in one worker. */
const KEPT_PER_PLAN_MAX = 8;
const runs = new WeakMap<Plan, Map<string, Run>>();

/** As `runOf`, remembered: a redrive of 10,000 nodes is 13 ms of work, and each of its messages would do it again. */
export function cachedRunOf(plan: Plan, header: Header): Run {
  if (header.repair === undefined) return runOf(plan, header);
  const known = runs.get(plan) ?? new Map<string, Run>();
  runs.set(plan, known);
  const name = `${header.workspace}#${header.execution}#${header.gen}`;
  const run = known.get(name) ?? runOf(plan, header);
  known.delete(name);
  known.set(name, run);
  const [oldest] = known.keys();
  if (known.size > KEPT_PER_PLAN_MAX && oldest !== undefined) known.delete(oldest);
  return run;
}
