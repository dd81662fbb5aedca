import { arn, asRole, asService } from '../calls/requester.ts';
import { firing } from '../calls/scheduler.ts';
import type { Call } from '../iam/call.ts';
import type { Deployment } from './deployment.ts';

/**
 * Calls that no request of a function shows, because AWS makes them; by whom, as whom, where that is written:
 *
 * | who                | as                  | calls                                                 | on
 * | ------------------ | ------------------- | ----------------------------------------------------- | -------------------------
 * | Lambda             | itself              | sts:AssumeRole                                        | the function's role
 * | Lambda             | the function's role | logs:CreateLogStream, logs:PutLogEvents               | streams of its log group
 * | Lambda, X-Ray      | the function's role | xray:PutTraceSegments, xray:PutTelemetryRecords       | *, where tracing is on
 * | Lambda's pollers   | the function's role | sqs:ReceiveMessage, DeleteMessage, GetQueueAttributes | the mapping's queue
 * | API Gateway        | itself              | lambda:InvokeFunction                                 | the integration's function
 * | Scheduler          | itself              | sts:AssumeRole, in the name of the schedule's group   | the schedule's role
 * | Scheduler          | the schedule's role | lambda:InvokeFunction, sqs:SendMessage                | the schedule's target
 * | Scheduler          | the schedule's role | sqs:SendMessage                                       | its dead-letter queue
 * | CloudWatch         | itself              | sns:Publish                                           | the alarm's topic
 *
 * Not among them, since no poller of AWS's does it: `sqs:ChangeMessageVisibility`, by which the local stack keeps messages
 * hidden for seconds rather than hours. It goes past the guard (`hiding` in local/lambda/event-source-mapping.ts).
 *
 * KMS is `key-calls.ts`, a timer's schedule `calls/scheduler.ts`.
 *
 * Sources: docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html, …/services-sqs-configure.html (the
 * three actions of `AWSLambdaSQSQueueExecutionRole`), …/services-xray.html;
 * …/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html;
 * …/scheduler/latest/UserGuide/setting-up.html and …/configuring-schedule-dlq.html;
 * …/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html.
 */
export function awsCalls(deployment: Deployment): readonly Call[] {
  const { functions, mappings, schedules, integrations, alarms } = deployment;
  const roleOf = new Map(functions.map(({ id, role }) => [id, role]));
  return [
    ...functions.flatMap(({ arn: functionArn, role, logStreams, isTraced }) => [
      asService('lambda.amazonaws.com', 'sts:AssumeRole', role, functionArn),
      ...LOG_ACTIONS.map((action) => asRole(role, action, aStreamOf(logStreams))),
      ...(isTraced ? TRACE_ACTIONS.map((action) => asRole(role, action, '*')) : []),
    ]),
    ...mappings.flatMap(({ functionId, queue }) =>
      POLL_ACTIONS.map((action) => asRole(roleOf.get(functionId) ?? '', action, queue)),
    ),
    ...integrations.map(({ function: fn, route }) =>
      asService('apigateway.amazonaws.com', 'lambda:InvokeFunction', fn, arn('execute-api', route)),
    ),
    ...schedules.flatMap(firing),
    ...alarms.map(({ alarm, topic }) => asService('cloudwatch.amazonaws.com', 'sns:Publish', topic, alarm)),
  ];
}

const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'] as const;
const TRACE_ACTIONS = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] as const;
export const POLL_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;

function aStreamOf(streams: string): string {
  return streams.replace(/\*$/, 'log-stream:2026/11/21/[$LATEST]0123456789abcdef');
}
