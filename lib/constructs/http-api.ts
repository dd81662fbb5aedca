import { Stack } from 'aws-cdk-lib';
import { HttpApi, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import type { NodeFunction } from './node-function.ts';

/** One catch-all route: the function routes, checks keys and knows the methods, so that local and deployed agree. */
export class PublicApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: { readonly handler: NodeFunction }) {
    super(scope, id);
    this.api = new HttpApi(this, 'HttpApi', {
      // The default is the construct's id: the same name in every stack.
      apiName: Stack.of(this).stackName,
      defaultIntegration: new HttpLambdaIntegration('Api', props.handler.function, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
  }

  /** Tells a function the address under which callbacks reach us. */
  grantAddress(fn: NodeFunction): void {
    fn.setEnvironment({ [ENV.baseUrl]: this.api.apiEndpoint });
  }
}
