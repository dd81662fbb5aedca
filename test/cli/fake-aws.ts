import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../../local/loopback-server.ts';
import { FakeS3 } from './fake-s3.ts';
import type { FakeStack } from './fake-stacks.ts';
import { FakeStacks } from './fake-stacks.ts';
import { WireError, xml } from './wire.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';
export const CALLER = `arn:aws:iam::${ACCOUNT}:user/ann`;

export interface CdkCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** STS, CloudFormation, SSM and S3 as far as deploying asks them, on loopback; and what stands in for the CDK's CLI. */
export class FakeAws implements AsyncDisposable {
  readonly stacks = new FakeStacks(ACCOUNT, REGION);
  readonly s3 = new FakeS3();
  bootstrapped = true;
  /** What a call is answered instead, by its name. */
  readonly refusals = new Map<string, WireError>();
  /** Names of the calls, and `cdk deploy`, `cdk destroy`, in their order. */
  readonly calls: string[] = [];
  readonly cdkCalls: CdkCall[] = [];
  /** What the CDK does, and the code it ends with. */
  cdk: (call: CdkCall) => number = () => 0;
  endpoint = '';
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FakeAws> {
    const fake = new FakeAws();
    fake.endpoint = `http://127.0.0.1:${await listenOnLoopback(fake.#server, 0)}`;
    return fake;
  }

  /** As `cdk destroy` does it: the bucket's contents and the protection stand in the way, what is retained stays. */
  destroyStack(stack: FakeStack): number {
    return this.stacks.destroy(stack, (bucket) => this.s3.isEmpty(bucket)) ? 0 : 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    try {
      if (request.url === '/fake-cdk') response.end(String(this.#runCdk(JSON.parse(body) as CdkCall)));
      else if (target !== '') response.end(this.#parameter(target.slice(target.indexOf('.') + 1)));
      else if (body.startsWith('Action=')) response.end(this.#query(new URLSearchParams(body)));
      else response.end(this.#object(request, body));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      response.statusCode = error.status;
      response.end(target === '' ? error.asXml() : error.asJson());
    }
  }

  #runCdk(call: CdkCall): number {
    this.#record(`cdk ${call.args[0]}`);
    this.cdkCalls.push(call);
    return this.cdk(call);
  }

  #parameter(action: string): string {
    this.#record(action);
    if (!this.bootstrapped) throw new WireError(400, 'ParameterNotFound', '');
    return JSON.stringify({ Parameter: { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30' } });
  }

  #query(parameters: URLSearchParams): string {
    const action = parameters.get('Action') ?? '';
    this.#record(action);
    const result =
      action === 'GetCallerIdentity'
        ? xml({ Account: ACCOUNT, Arn: CALLER, UserId: 'AIDA' })
        : this.stacks.answer(action, parameters);
    return `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;
  }

  #object(request: IncomingMessage, body: string): string {
    const url = new URL(request.url ?? '/', this.endpoint);
    const action = url.searchParams.has('delete') ? 'DeleteObjects' : 'ListObjectVersions';
    this.#record(action);
    return action === 'DeleteObjects' ? this.s3.delete(url, body) : this.s3.list(url);
  }

  #record(call: string): void {
    this.calls.push(call);
    const refusal = this.refusals.get(call);
    if (refusal !== undefined) throw refusal;
  }
}
