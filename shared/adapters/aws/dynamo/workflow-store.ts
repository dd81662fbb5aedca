import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../../domain/json.ts';
import { epochMs, type EpochMs } from '../../../domain/time.ts';
import { load, packInto, type Payloads } from '../payloads.ts';
import { keyAttributes, number, numberOf, text, textOf, type Item } from './attributes.ts';
import { versionKey, workflowKey } from './keys.ts';
import { assertReadable } from './record-version.ts';
import { isAbsent, type Table } from './table.ts';

const SAVE_PAUSE_MS = 50;

export interface WorkflowSummary {
  readonly name: string;
  /** 0: all versions were deleted before any was pointed at. */
  readonly version: number;
  readonly digest: string;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly deleted: boolean;
}

export interface VersionSummary {
  readonly version: number;
  readonly digest: string;
  readonly createdAt: EpochMs;
}

/**
 * Workflows: a pointer to the latest version, and the versions, immutable, numbered 1, 2, 3 …, never reused.
 *
 * Saving writes the version, then moves the pointer. If we die in between, the next save finds the version that the
 * pointer does not know, moves the pointer over it and goes on: numbers are never skipped, nothing saved is lost.
 */
export class WorkflowStore {
  readonly #table: Table;
  readonly #payloads: Payloads;

  constructor(table: Table, payloads: Payloads) {
    this.#table = table;
    this.#payloads = payloads;
  }

  async read(workspace: string, name: string): Promise<WorkflowSummary | undefined> {
    const item = await this.#table.get(workflowKey(workspace, name));
    return item === undefined ? undefined : summaryOf(item);
  }

  async readVersion(workspace: string, name: string, version: number): Promise<Json | undefined> {
    const item = await this.#table.get(versionKey(workspace, name, version));
    if (item === undefined) return undefined;
    assertReadable(item);
    return load(item, 'definition', this.#payloads);
  }

  async readVersionSummary(workspace: string, name: string, version: number): Promise<VersionSummary | undefined> {
    const item = await this.#table.get(versionKey(workspace, name, version));
    return item === undefined ? undefined : versionSummary(item);
  }

  /** Saves a new version, unless the latest is the same. `op` names this save across its retries. */
  async save(
    workspace: string,
    name: string,
    definition: Json,
    digest: string,
    now: EpochMs,
    op: string,
  ): Promise<{ readonly version: number; readonly created: boolean }> {
    const item: Item = { digest: text(digest), createdAt: number(now), op: text(op) };
    await packInto(item, 'definition', definition, this.#payloads, `${workspace}/workflows/${name}`);
    for (;;) {
      const pointer = await this.read(workspace, name);
      if (pointer !== undefined && !pointer.deleted && pointer.digest === digest)
        return { version: pointer.version, created: false };
      const version = (pointer?.version ?? 0) + 1;
      const result = await this.#table.put(
        { ...item, ...keyAttributes(versionKey(workspace, name, version)) },
        isAbsent,
      );
      const saved = result.written ? { digest, createdAt: now } : versionSummary(result.existing);
      await this.#point(workspace, name, pointer, version, saved);
      if (result.written) return { version, created: true };
      // Many saves at once: whoever lost waits a little, or each would move the pointer for all others.
      await sleep(Math.random() * SAVE_PAUSE_MS);
    }
  }

  /** Marks the workflow deleted; the pointer stays, so that numbers go on where they stopped. False: it changed meanwhile. */
  async delete(workspace: string, pointer: WorkflowSummary, now: EpochMs): Promise<boolean> {
    const { written } = await this.#table.put(
      {
        ...pointerItem(workspace, { ...pointer, updatedAt: now, deleted: true }),
        op: text(`delete ${pointer.version}`),
      },
      { expression: 'version = :version', values: { ':version': number(pointer.version) } },
    );
    return written;
  }

  async list(
    workspace: string,
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly items: readonly WorkflowSummary[]; readonly next: string | undefined }> {
    const { pk } = workflowKey(workspace, '');
    const { items, next } = await this.#table.query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': text(pk) },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: keyAttributes({ pk, sk: after }) }),
    });
    return { items: items.map(summaryOf).filter(({ deleted }) => !deleted), next: next?.['sk']?.S };
  }

  async listVersions(
    workspace: string,
    name: string,
    limit: number,
    before: number | undefined,
  ): Promise<{ readonly items: readonly VersionSummary[]; readonly next: number | undefined }> {
    const { pk } = versionKey(workspace, name, 0);
    const { items, next } = await this.#table.query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': text(pk) },
      ScanIndexForward: false,
      Limit: limit,
      ...(before !== undefined && { ExclusiveStartKey: keyAttributes(versionKey(workspace, name, before)) }),
    });
    const versions = items.map(versionSummary);
    return { items: versions, next: next === undefined ? undefined : versions.at(-1)?.version };
  }

  async #point(
    workspace: string,
    name: string,
    before: WorkflowSummary | undefined,
    version: number,
    saved: { digest: string; createdAt: EpochMs },
  ): Promise<void> {
    const createdAt = before?.createdAt ?? saved.createdAt;
    const item = pointerItem(workspace, {
      name,
      version,
      digest: saved.digest,
      createdAt,
      updatedAt: saved.createdAt,
      deleted: false,
    });
    const condition =
      before === undefined
        ? isAbsent
        : { expression: 'version = :version', values: { ':version': number(before.version) } };
    // Lost to another save: it has pointed at this version, or at a later one.
    await this.#table.put({ ...item, op: text(`point ${version}`) }, condition);
  }
}

function pointerItem(
  workspace: string,
  { name, version, digest, createdAt, updatedAt, deleted }: WorkflowSummary,
): Item {
  return {
    ...keyAttributes(workflowKey(workspace, name)),
    version: number(version),
    digest: text(digest),
    createdAt: number(createdAt),
    updatedAt: number(updatedAt),
    ...(deleted && { deletedAt: number(updatedAt) }),
  };
}

function summaryOf(item: Item): WorkflowSummary {
  return {
    name: textOf(item, 'sk') ?? '',
    version: numberOf(item, 'version') ?? 0,
    digest: textOf(item, 'digest') ?? '',
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
    updatedAt: epochMs(numberOf(item, 'updatedAt') ?? 0),
    deleted: item['deletedAt'] !== undefined,
  };
}

function versionSummary(item: Item): VersionSummary {
  return {
    version: Number(textOf(item, 'sk')?.slice(2) ?? 0),
    digest: textOf(item, 'digest') ?? '',
    createdAt: epochMs(numberOf(item, 'createdAt') ?? 0),
  };
}
