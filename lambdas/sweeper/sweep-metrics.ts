import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS } from '../../shared/config/metrics.ts';
import type { SweepReport } from '../../shared/engine/sweep.ts';

/** Writes what a sweep came to as CloudWatch metrics (embedded in a log line; off where `POWERTOOLS_METRICS_DISABLED`). */
export class SweepMetrics {
  readonly #metrics: Metrics;

  constructor(serviceName: string) {
    this.#metrics = new Metrics({ namespace: METRICS.namespace, serviceName });
  }

  publish({ lagMs, looked, failed, leftOver }: SweepReport): void {
    const { sweeper } = METRICS;
    this.#metrics.addMetric(sweeper.lag, MetricUnit.Milliseconds, lagMs);
    this.#metrics.addMetric(sweeper.looked, MetricUnit.Count, looked);
    this.#metrics.addMetric(sweeper.failed, MetricUnit.Count, failed);
    this.#metrics.addMetric(sweeper.leftOver, MetricUnit.Count, leftOver);
    this.#metrics.publishStoredMetrics();
  }
}
