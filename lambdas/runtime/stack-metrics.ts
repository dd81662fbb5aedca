import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS } from '../../shared/config/metrics.ts';
import type { ExecutionStatus } from '../../shared/domain/execution/records.ts';
import type { Telemetry } from '../../shared/engine/ports.ts';
import type { SweepReport } from '../../shared/engine/sweep.ts';
import { COUNTS } from '../../shared/metering/counts.ts';
import { processLedger } from '../../shared/metering/ledger.ts';
import { charge } from '../../shared/metering/tally.ts';
import { METRIC_BYTES } from './invocation-meter.ts';

const { executions, nodeDuration, sweeper } = METRICS;

const ENDED: Readonly<Partial<Record<ExecutionStatus, string>>> = {
  succeeded: executions.succeeded,
  failed: executions.failed,
  cancelled: executions.cancelled,
  timed_out: executions.timedOut,
};

/**
 * What a function counts, as CloudWatch metrics embedded in log lines: one for all that has happened in an invocation, one more
 * for each type of node that ended in it. An invocation in which nothing happened writes none. Counted while the invocation
 * runs, put into words at its end.
 */
export class StackMetrics implements Telemetry {
  readonly #stackName: string;
  readonly #common: Metrics;
  readonly #byNodeType = new Map<string, Metrics>();
  readonly #counts = new Map<string, number>();
  readonly #durations = new Map<string, number[]>();
  readonly #nodeDurations = new Map<string, number[]>();

  constructor(stackName: string) {
    this.#stackName = stackName;
    this.#common = this.#metrics();
  }

  executionStarted(workspace: string): void {
    this.#count(executions.started);
    processLedger.count(workspace, COUNTS.executionsStarted);
    // What the start writes to the log besides the gateway's line; of messages it is in their share.
    charge({ logBytes: METRIC_BYTES / 2 });
  }

  executionEnded(workspace: string, status: ExecutionStatus, durationMs: number): void {
    const name = ENDED[status];
    if (name !== undefined) this.#count(name);
    append(this.#durations, executions.duration, durationMs);
    processLedger.count(workspace, COUNTS.executionsEnded(status));
  }

  nodeEnded(workspace: string, type: string, durationMs: number): void {
    append(this.#nodeDurations, type, durationMs);
    processLedger.count(workspace, COUNTS.nodesEnded(type));
  }

  deadLetterFiled(workspace: string): void {
    this.#count(METRICS.deadLettersFiled);
    processLedger.count(workspace, COUNTS.deadLettersFiled);
  }

  messageParked(): void {
    this.#count(METRICS.messagesParked);
  }

  swept({ lagMs, looked, failed, leftOver }: SweepReport): void {
    append(this.#durations, sweeper.lag, lagMs);
    this.#count(sweeper.looked, looked);
    this.#count(sweeper.failed, failed);
    this.#count(sweeper.leftOver, leftOver);
  }

  active(count: number): void {
    this.#count(executions.active, count);
  }

  /** At the end of each invocation, also of one that failed: what it counted has happened. */
  flush(): void {
    this.#publish();
    for (const counted of [this.#counts, this.#durations, this.#nodeDurations]) counted.clear();
  }

  #publish(): void {
    for (const [name, count] of this.#counts) this.#common.addMetric(name, MetricUnit.Count, count);
    for (const [name, values] of this.#durations)
      for (const ms of values) this.#common.addMetric(name, MetricUnit.Milliseconds, ms);
    for (const [type, values] of this.#nodeDurations) {
      const metrics = this.#byNodeType.get(type) ?? this.#metrics({ [nodeDuration.dimension]: type });
      this.#byNodeType.set(type, metrics);
      for (const ms of values) metrics.addMetric(nodeDuration.name, MetricUnit.Milliseconds, ms);
    }
    for (const metrics of [this.#common, ...this.#byNodeType.values()])
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  #count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  #metrics(defaultDimensions: Record<string, string> = {}): Metrics {
    return new Metrics({ namespace: METRICS.namespace, serviceName: this.#stackName, defaultDimensions });
  }
}

function append(values: Map<string, number[]>, name: string, value: number): void {
  const known = values.get(name);
  if (known === undefined) values.set(name, [value]);
  else known.push(value);
}
