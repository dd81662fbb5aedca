import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { ScheduleTimers, type TimerTarget } from '../../shared/adapters/aws/scheduler-timers.ts';
import type { awsSettings } from './aws-settings.ts';

export function openTimers(settings: ReturnType<typeof awsSettings>, target: TimerTarget): ScheduleTimers {
  return new ScheduleTimers(new SchedulerClient({ ...IMPATIENT, ...settings }), target);
}
