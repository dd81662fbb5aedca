import { CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from '../nag.ts';

/**
 * Where alarms go; it is there without an address, too, for a chat or a pager to subscribe to (output `AlarmTopicArn`).
 *
 * Not encrypted with the stack's key: what it carries are names and figures, nothing of users'; and when the key is disabled, the
 * alarms that come of it must get through. AWS's own key for SNS admits no CloudWatch alarm.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: { readonly email: string | undefined }) {
    super(scope, id);
    const { account, stackName } = Stack.of(this);
    this.topic = new Topic(this, 'Topic', { displayName: `Alarms of ${stackName}`, enforceSSL: true });
    // A policy of our own replaces the one that SNS makes, which lets everything in the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
    acknowledge(this.topic, {
      'Serverless-SNSRedrivePolicy':
        'A mail that could not be delivered is not worth a queue to look after: the alarm itself stays in CloudWatch.',
    });
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CfnOutput(Stack.of(this), 'AlarmTopicArn', { value: this.topic.topicArn });
  }
}
