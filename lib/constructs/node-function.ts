import { fileURLToPath } from 'node:url';
import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, LoggingFormat, RecursiveLoop, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LAMBDA_FOLDER_METADATA, RECURSIVE_LOOP } from '../../shared/config/functions.ts';
import type { Stage } from '../stage.ts';

export interface NodeFunctionProps {
  readonly stage: Stage;
  /** Folder in `lambdas/` whose `index.ts` exports `handler`. */
  readonly folder: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

/** esbuild's ESM output has no `require`; a few dependencies are CommonJS and call it for Node's own modules. */
const REQUIRE_BANNER =
  "import{createRequire as stepwellRequire}from'node:module';const require=stepwellRequire(import.meta.url);";

const repositoryFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A Lambda function as all of ours are: Node 24 on arm64, one ESM bundle, its own log group, a role that may log and nothing else. */
export class NodeFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: keyof typeof RECURSIVE_LOOP, props: NodeFunctionProps) {
    super(scope, id);
    const { stage } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: stage.logRetention,
      removalPolicy: stage.removalPolicy,
    });
    // Not AWSLambdaBasicExecutionRole: that may create log groups and write to every one in the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.function = new NodejsFunction(this, 'Function', {
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
      environment: { NODE_OPTIONS: '--enable-source-maps' },
      ...(RECURSIVE_LOOP[id] === 'Allow' && { recursiveLoop: RecursiveLoop.ALLOW }),
      ...codeOf(this, props.folder),
    });
    const resource = this.function.node.defaultChild;
    if (resource instanceof CfnResource) resource.addMetadata(LAMBDA_FOLDER_METADATA, props.folder);
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
}

function codeOf(scope: Construct, folder: string): object {
  // The local stack and the tests read the template only: without a bundle they need neither esbuild nor the sources.
  if (!Stack.of(scope).bundlingRequired) {
    return { code: Code.fromInline(`// lambdas/${folder}/index.ts, not bundled`), handler: 'index.handler' };
  }
  return {
    entry: repositoryFile(`lambdas/${folder}/index.ts`),
    handler: 'handler',
    projectRoot: repositoryFile('.'),
    depsLockFilePath: repositoryFile('package-lock.json'),
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      mainFields: ['module', 'main'],
      minify: true,
      sourceMap: true,
      sourceMapMode: SourceMapMode.DEFAULT,
      sourcesContent: false,
      // Our pinned SDK, tree-shaken, starts faster than the runtime's copy and is the one that was tested.
      bundleAwsSDK: true,
      banner: REQUIRE_BANNER,
    },
  };
}
