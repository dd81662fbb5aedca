import { ACCOUNT } from '../../local/aws-identity.ts';
import type { Deployment } from './aws-side/deployment.ts';
import { arn, asRole, asService } from './calls/requester.ts';
import type { Call } from './iam/call.ts';
import type { PolicySet } from './iam/decide.ts';

const STRANGER = '999999999999';

/** What must never be permitted, whatever a tour needs: the other half of least privilege. */
export function mustNot(
  { roles }: PolicySet,
  deployment: Deployment,
): readonly (readonly [what: string, call: Call])[] {
  const { functions, integrations, mappings, buckets, groups } = deployment;
  const scheduler = (role: string, group: string, account = ACCOUNT): Call => {
    const call = asService('scheduler.amazonaws.com', 'sts:AssumeRole', role, group);
    return { ...call, context: { ...call.context, 'aws:sourceaccount': account } };
  };
  const withoutTls = (call: Call): Call => ({ ...call, context: { ...call.context, 'aws:securetransport': 'false' } });
  const everyRole = [...roles.keys()];
  return [
    ...everyRole.flatMap((role) => [
      [`a schedule of another group is ${role}`, scheduler(role, arn('scheduler', 'schedule-group/default'))] as const,
      ...groups.map((group) => [`a schedule of another account is ${role}`, scheduler(role, group, STRANGER)] as const),
      [
        `${role} is anybody`,
        asRole(role, 'sts:AssumeRole', everyRole.find((other) => other !== role) ?? role),
      ] as const,
    ]),
    ...functions.flatMap(({ role }) =>
      everyRole.map(
        (passed) =>
          [
            `${role} hands ${passed} to Lambda`,
            asRole(role, 'iam:PassRole', passed, { 'iam:passedtoservice': 'lambda.amazonaws.com' }),
          ] as const,
      ),
    ),
    ...functions.map(
      ({ role }) =>
        [
          `${role} hands itself to Scheduler`,
          asRole(role, 'iam:PassRole', role, { 'iam:passedtoservice': 'scheduler.amazonaws.com' }),
        ] as const,
    ),
    ...integrations.map(
      ({ function: fn }) =>
        [
          `another API invokes ${fn}`,
          asService(
            'apigateway.amazonaws.com',
            'lambda:InvokeFunction',
            fn,
            arn('execute-api', 'other/$default/$default'),
          ),
        ] as const,
    ),
    ...functions.flatMap(({ role }) => [
      ...mappings.map(
        ({ queue }) => [`${role} sends without TLS`, withoutTls(asRole(role, 'sqs:SendMessage', queue))] as const,
      ),
      ...buckets.map(
        (bucket) => [`${role} reads without TLS`, withoutTls(asRole(role, 's3:GetObject', `${bucket}/x`))] as const,
      ),
    ]),
  ];
}
