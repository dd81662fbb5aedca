import { CfnOutput, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import type { NodeFunction } from './node-function.ts';

/** A bus of the stack's own, on which executions tell of their ends. Rules on it are its owner's. */
export class LifecycleEvents extends Construct {
  readonly #bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#bus = new EventBus(this, 'Bus');
    // oxlint-disable-next-line no-new -- a construct adds itself to its scope
    new CfnOutput(Stack.of(this), 'EventBusName', { value: this.#bus.eventBusName });
  }

  grantPublish(fn: NodeFunction): void {
    fn.allow(['events:PutEvents'], [this.#bus.eventBusArn]);
    fn.setEnvironment({ [ENV.eventBus]: this.#bus.eventBusName });
  }
}
