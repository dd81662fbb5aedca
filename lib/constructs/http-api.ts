import { Fn, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpStage, LogGroupLogDestination, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { API } from '../../shared/config/functions.ts';
import { acknowledge } from '../nag.ts';
import type { Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** No path: it holds callback tokens, which are keys to whoever reads them. The request id leads to the function's log. */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  method: '$context.httpMethod',
  status: '$context.status',
  responseLength: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
});

export interface PublicApiProps {
  readonly stage: Stage;
  readonly handler: NodeFunction;
}

/**
 * One catch-all route: the function routes, checks keys and knows the methods, so that local and deployed agree. An HTTP API
 * has no WAF and no usage plans: what the gateway can bound is the rate of all requests together.
 */
export class PublicApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { stage, handler }: PublicApiProps) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    this.api = new HttpApi(this, 'HttpApi', {
      // The default is the construct's id: the same name in every stack.
      apiName: stackName,
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration('Api', handler.function, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
    acknowledge(this, {
      'AwsSolutions-APIG4':
        'The API function checks the API key of each request by the matched route: some routes are open.',
    });
    const { apiRequestsPerSecond, infrequentAccessLogs } = stage.options;
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: apiRequestsPerSecond, burstLimit: API.burstFactor * apiRequestsPerSecond },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.#accessLog(stage, infrequentAccessLogs)),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
    });
  }

  /** Spelled out: emulators that know no HTTP API cannot tell its endpoint. */
  get url(): string {
    const { region, urlSuffix } = Stack.of(this);
    return `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
  }

  /** Tells a function the address under which callbacks reach us. */
  grantAddress(fn: NodeFunction): void {
    fn.setEnvironment({ [ENV.baseUrl]: this.url });
  }

  /**
   * Under `/aws/vendedlogs/`, or each stack's log adds to one resource policy of the account until that is full (5 KB). The
   * stack's id keeps the name from meeting the log that a stack of the same name left behind. A group cannot change its
   * class: of the other class it is another group.
   */
  #accessLog(stage: Stage, infrequentAccess: boolean): LogGroup {
    const { stackName, stackId } = Stack.of(this);
    const unique = `/aws/vendedlogs/${stackName}/${Fn.select(2, Fn.split('/', stackId))}`;
    return new LogGroup(this, infrequentAccess ? 'InfrequentAccessLog' : 'AccessLog', {
      logGroupName: infrequentAccess ? `${unique}/infrequent` : unique,
      retention: stage.logRetention,
      removalPolicy: stage.removalPolicy,
      ...(infrequentAccess && { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }),
    });
  }
}
