import { join } from 'node:path';
import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../../shared/config/env.ts';
import { LAMBDA_FOLDER_METADATA, RECURSIVE_LOOP } from '../../shared/config/functions.ts';
import { acknowledge } from '../nag.ts';
import type { Stage } from '../stage.ts';

export interface NodeFunctionProps {
  readonly stage: Stage;
  /** Where `bundling/` has put the functions; undefined where only the template is wanted. */
  readonly bundles: string | undefined;
  /** Folder in `lambdas/` whose `index.ts` exports `handler`. */
  readonly folder: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** For a function that runs every minute for nothing: its traces would cost more than all else of an idle stack. */
  readonly untraced?: boolean;
}

/** A Lambda function as all of ours are: Node 24 on arm64, one ESM bundle, its own log group, a role that may log and nothing else. */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: keyof typeof RECURSIVE_LOOP, props: NodeFunctionProps) {
    super(scope, id);
    const { stage } = props;
    const traced = stage.options.tracing && props.untraced !== true;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: stage.logRetention,
      removalPolicy: stage.removalPolicy,
    });
    // Not AWSLambdaBasicExecutionRole: that may create log groups and write to every one in the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      // START, END and REPORT of each invocation cost more than all our own lines; durations are metrics anyway.
      systemLogLevelV2: SystemLogLevel.WARN,
      tracing: traced ? Tracing.ACTIVE : Tracing.DISABLED,
      environment: { NODE_OPTIONS: '--enable-source-maps', [ENV.stackName]: Stack.of(this).stackName },
      ...(RECURSIVE_LOOP[id] === 'Allow' && { recursiveLoop: RecursiveLoop.ALLOW }),
      handler: 'index.handler',
      code: codeOf(props),
    });
    this.#resource().addMetadata(LAMBDA_FOLDER_METADATA, props.folder);
    acknowledge(this, {
      'Serverless-LambdaDLQ':
        'Failed messages go to the dead-letter queue of their queue; a sweep that failed is followed by the next.',
      ...(traced
        ? { 'AwsSolutions-IAM5[Resource::*]': 'X-Ray knows no narrower resource.' }
        : {
            'Serverless-LambdaTracing':
              'An option of the stage; never for the sweeper, which runs each minute for nothing.',
          }),
    });
  }

  /** IAM for exactly these actions on these resources. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: Record<string, unknown>): void {
    this.function.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions !== undefined && { conditions }),
      }),
    );
  }

  setEnvironment(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.function.addEnvironment(name, value);
  }

  #resource(): CfnFunction {
    const resource = this.function.node.defaultChild;
    if (!CfnResource.isCfnResource(resource)) throw new Error(`${this.node.path} has no function resource`);
    return resource as CfnFunction;
  }
}

function codeOf({ bundles, folder }: NodeFunctionProps): Code {
  // The local stack and the tests read the template only: without a bundle they need neither esbuild nor the sources.
  return bundles === undefined
    ? Code.fromInline(`// lambdas/${folder}/index.ts, not bundled`)
    : Code.fromAsset(join(bundles, folder));
}
