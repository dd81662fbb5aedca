import { compilePlan } from '../../shared/domain/workflow/compile-plan.ts';
import type { NodeCatalog } from '../../shared/domain/workflow/node-catalog.ts';
import type { Plan } from '../../shared/domain/workflow/plan.ts';
import { acceptStored } from '../../shared/domain/workflow/validate.ts';
import type { PlanSource } from '../../shared/engine/engine-deps.ts';
import { StoredDefinitionError } from '../../shared/engine/stored-definition-error.ts';
import type { WorkflowStore } from '../../shared/adapters/aws/dynamo/workflow-store.ts';

/** About 2 KB a node: the largest plans of a busy worker fit into a tenth of its memory. */
const CACHED_NODES_MAX = 50_000;

/**
 * Plans by workflow and version. Versions are immutable, so a plan that was loaded once is never read again; the least
 * recently used leave when the cache is full. Simultaneous loads of one version share one read.
 */
export class PlanCache implements PlanSource {
  readonly #workflows: WorkflowStore;
  readonly #catalog: NodeCatalog;
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #sizes = new Map<string, number>();

  constructor(workflows: WorkflowStore, catalog: NodeCatalog) {
    this.#workflows = workflows;
    this.#catalog = catalog;
  }

  load(workspace: string, workflow: string, version: number): Promise<Plan> {
    const key = `${workspace}\n${workflow}\n${version}`;
    const cached = this.#plans.get(key);
    if (cached !== undefined) {
      this.#plans.delete(key);
      this.#plans.set(key, cached);
      return cached;
    }
    const loading = this.#read(key, workspace, workflow, version);
    this.#plans.set(key, loading);
    return loading;
  }

  async #read(key: string, workspace: string, workflow: string, version: number): Promise<Plan> {
    try {
      const definition = await this.#workflows.readVersion(workspace, workflow, version);
      if (definition === undefined)
        throw new StoredDefinitionError(`version ${version} of '${workflow}' is not stored`);
      const accepted = acceptStored(definition, this.#catalog);
      if (accepted === undefined)
        throw new StoredDefinitionError(`version ${version} of '${workflow}' cannot be run by this deployment`);
      const plan = compilePlan(accepted, version);
      this.#sizes.set(key, plan.nodes.length);
      this.#evict();
      return plan;
    } catch (error) {
      this.#plans.delete(key);
      throw error;
    }
  }

  #evict(): void {
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const key of this.#plans.keys()) {
      if (total <= CACHED_NODES_MAX || this.#plans.size === 1) return;
      total -= this.#sizes.get(key) ?? 0;
      this.#plans.delete(key);
      this.#sizes.delete(key);
    }
  }
}
