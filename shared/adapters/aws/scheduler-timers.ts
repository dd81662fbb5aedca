import { createHash } from 'node:crypto';
import { ConflictException, CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import type { EpochMs } from '../../domain/time.ts';
import type { Timers } from './sqs-work-queue.ts';

/** Schedules fire with a precision of a minute: come a little early, an SQS delay does the rest. */
const EARLY_MS = 90_000;
const EVENT_AGE_MAX_SECONDS = 3_600;

export interface TimerTarget {
  readonly group: string;
  readonly queueArn: string;
  readonly roleArn: string;
  /** Takes what could not be delivered in time, with the reason. */
  readonly undeliveredArn: string;
}

/** Timers beyond SQS's 15 minutes: one-time EventBridge schedules that send the message and delete themselves. */
export class ScheduleTimers implements Timers {
  readonly #client: SchedulerClient;
  readonly #target: TimerTarget;

  constructor(client: SchedulerClient, target: TimerTarget) {
    this.#client = client;
    this.#target = target;
  }

  /** The name is derived from what is meant and when: doing it twice makes one schedule. */
  async schedule(body: string, notBefore: EpochMs, named = body): Promise<void> {
    const name = createHash('sha256').update(`${notBefore}\n${named}`).digest('hex').slice(0, 64);
    const at = new Date(notBefore - EARLY_MS).toISOString().slice(0, 19);
    const command = new CreateScheduleCommand({
      Name: name,
      GroupName: this.#target.group,
      ScheduleExpression: `at(${at})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      ClientToken: name,
      Target: {
        Arn: this.#target.queueArn,
        RoleArn: this.#target.roleArn,
        Input: body,
        DeadLetterConfig: { Arn: this.#target.undeliveredArn },
        RetryPolicy: { MaximumEventAgeInSeconds: EVENT_AGE_MAX_SECONDS, MaximumRetryAttempts: 185 },
      },
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!(error instanceof ConflictException)) throw error;
    }
  }
}
