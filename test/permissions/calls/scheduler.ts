import * as z from 'zod';
import type { Call } from '../iam/call.ts';
import { arn, asRole, asService } from './requester.ts';
import { UnknownRequest, type WireRequest } from './wire-request.ts';

const CreateSchedule = z.object({
  GroupName: z.string().default('default'),
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string(),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  }),
});

const PRINCIPAL = 'scheduler.amazonaws.com';

const ACTIONS: Readonly<Record<string, string>> = {
  POST: 'scheduler:CreateSchedule',
  GET: 'scheduler:GetSchedule',
  DELETE: 'scheduler:DeleteSchedule',
};

/**
 * A schedule is created with the function's role, and fires with the one that it names: what that one must be permitted
 * is known, and asked for, when the schedule is created.
 */
export function schedulerCalls(request: WireRequest, role: string): readonly Call[] {
  const { pathname, searchParams } = new URL(request.url, 'http://scheduler');
  const [, collection, name, ...more] = pathname.split('/').map(decodeURIComponent);
  const action = Object.hasOwn(ACTIONS, request.method) ? ACTIONS[request.method] : undefined;
  if (collection !== 'schedules' || name === undefined || more.length > 0 || action === undefined)
    throw new UnknownRequest(request);
  const on = (group: string) => asRole(role, action, arn('scheduler', `schedule/${group}/${name}`));
  if (request.method !== 'POST') return [on(searchParams.get('groupName') ?? 'default')];
  const { GroupName, Target } = CreateSchedule.parse(JSON.parse(request.body));
  return [
    on(GroupName),
    // Not to pass a role on is what keeps a function from acting as any role that Scheduler may be.
    asRole(role, 'iam:PassRole', Target.RoleArn, { 'iam:passedtoservice': PRINCIPAL }),
    ...firing({
      group: GroupName,
      role: Target.RoleArn,
      target: Target.Arn,
      deadLetters: Target.DeadLetterConfig?.Arn,
    }),
  ];
}

export interface FiringSchedule {
  readonly group: string;
  readonly role: string;
  readonly target: string;
  readonly deadLetters: string | undefined;
}

/**
 * What Scheduler does when a schedule is due. It becomes the role in the name of the schedule's group, never of the
 * schedule (docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html), and tries so
 * when the schedule is created already.
 */
export function firing({ group, role, target, deadLetters }: FiringSchedule): readonly Call[] {
  return [
    asService(PRINCIPAL, 'sts:AssumeRole', role, arn('scheduler', `schedule-group/${group}`)),
    asRole(role, deliveryTo(target), target),
    ...(deadLetters === undefined ? [] : [asRole(role, 'sqs:SendMessage', deadLetters)]),
  ];
}

function deliveryTo(target: string): string {
  const service = target.split(':')[2];
  if (service === 'sqs') return 'sqs:SendMessage';
  if (service === 'lambda') return 'lambda:InvokeFunction';
  throw new Error(`nobody has said what Scheduler must be permitted to deliver to ${target}`);
}
