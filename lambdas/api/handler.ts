import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { signingSecret } from '../../shared/adapters/aws/dynamo/signing-secret.ts';
import { bootstrap, type App } from '../runtime/bootstrap.ts';
import type { Route } from '../../shared/contracts/routes.ts';
import type { Env } from '../runtime/config.ts';
import { ACCESS_LOG_BYTES, InvocationMeter } from '../runtime/invocation-meter.ts';
import { withLogContext, type LogContext } from '../runtime/log-context.ts';
import { ApiProblem, problemBody } from './api-problem.ts';
import { Authenticator } from './authenticate.ts';
import { ExecutionReader } from './execution-reader.ts';
import { OPERATIONS } from './operations/index.ts';
import { checkParams, parseBody, parseQuery } from './request.ts';
import { matchRoute } from './router.ts';
import { TokenSigner } from './signed-token.ts';
import { isUnavailable } from './unavailable.ts';

type Answer = APIGatewayProxyStructuredResultV2;
export type ApiHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<Answer>;

type Operate = (
  event: APIGatewayProxyEventV2,
  meter: InvocationMeter,
  of: { readonly requestId: string; readonly baseUrl: string },
) => Promise<Answer>;

const RETRY_AFTER_SECONDS = 2;

/** What every request costs; those without an API key are nobody's. */
const PER_REQUEST = { apiRequests: 1, invocations: 1, logBytes: ACCESS_LOG_BYTES };

export function createApiHandler(env: Env): ApiHandler {
  const app = bootstrap(env, 'api');
  const authenticator = new Authenticator(app.apiKeys, app.engine.clock.now);
  const reader = new ExecutionReader(app.executions, app.engine.clock.now);
  let signer: Promise<TokenSigner> | undefined;
  const getSigner = () => {
    signer ??= signingSecret(app.table).then((secret) => new TokenSigner(secret));
    signer.catch(() => (signer = undefined));
    return signer;
  };
  const operate: Operate = async (event, meter, { requestId, baseUrl }) => {
    const { route, params } = matchRoute(event.requestContext.http.method, event.rawPath);
    const workspace = route.access === 'open' ? '' : await authenticator.workspaceOf(event.headers['authorization']);
    // Once more inside, where a problem's line in the log says of whom it is.
    const answer = () =>
      answerProblems(app, requestId, baseUrl, async () => {
        checkParams(params);
        const query = parseQuery(event, route.query);
        const body = typeof route.body === 'string' ? undefined : parseBody(event, route.body);
        const request = { app, reader, signer: getSigner, workspace, params, query, body, event, requestId, baseUrl };
        return OPERATIONS[route.operation](request);
      });
    return withLogContext(aboutOf(route, workspace, params), () =>
      workspace === '' ? answer() : meter.run(workspace, { own: PER_REQUEST }, answer),
    );
  };
  const handle = async (event: APIGatewayProxyEventV2, context: Context): Promise<Answer> => {
    const { requestId, domainName } = event.requestContext;
    const baseUrl = app.baseUrl === '' ? `https://${domainName}` : app.baseUrl;
    const meter = new InvocationMeter(context);
    try {
      return await answerProblems(app, requestId, baseUrl, () => operate(event, meter, { requestId, baseUrl }));
    } finally {
      app.metrics.flush();
      await app.totals.publishIfDue();
    }
  };
  const handler = middy<APIGatewayProxyEventV2, Answer>(handle).use(injectLambdaContext(app.logger));
  return (event, context) => Promise.resolve(handler(event, context));
}

/** What the lines that a request writes say of it. */
function aboutOf(route: Route, workspace: string, params: Readonly<Record<string, string>>): LogContext {
  const { id } = params;
  return {
    ...(workspace !== '' && { workspace }),
    ...(route.path.startsWith('/v1/executions/') && id !== undefined && { execution: id }),
  };
}

async function answerProblems(
  app: App,
  requestId: string,
  baseUrl: string,
  run: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    const problem = toProblem(app, error);
    return {
      statusCode: problem.status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...problem.headers },
      body: JSON.stringify(problemBody(problem, requestId, baseUrl)),
    };
  }
}

function toProblem(app: App, error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const details = { error: error instanceof Error ? error : String(error) };
  if (isUnavailable(error)) {
    app.logger.warn('a dependency does not answer', details);
    return new ApiProblem('unavailable', 'a dependency does not answer at the moment', {
      headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
    });
  }
  app.logger.error('unexpected error', details);
  return new ApiProblem('internal', 'something went wrong on our side');
}
