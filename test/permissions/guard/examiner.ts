import type { DeployedFunction } from '../aws-side/deployment.ts';
import type { Service, WireRequest } from '../calls/wire-request.ts';
import { nameOf, type Call } from '../iam/call.ts';
import { shortName } from '../iam/short-names.ts';
import { denial, type WireAnswer } from './denial.ts';
import type { RequestHead } from './http-message.ts';
import { keyOf, type Judge } from './judge.ts';
import type { GuardEvent } from './ledger.ts';

/**
 * `answered` as AWS would; or only `noted`, so that all that lacks a permission comes to light at once rather than the
 * first of it and then the consequences.
 */
export type Denials = 'answered' | 'noted';

/** AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/aws4_request, … */
const CREDENTIAL = /\bCredential=([^/,\s]+)\//;

/** Decides each request by the policies of a template, for the function that its access key belongs to. */
export class Examiner {
  readonly #judge: Judge;
  readonly #denials: Denials;
  readonly #report: (event: GuardEvent) => void;
  readonly #noted = new Set<string>();

  /** `report` is told of every different call once, and of every refusal. */
  constructor(judge: Judge, denials: Denials, report: (event: GuardEvent) => void) {
    this.#judge = judge;
    this.#denials = denials;
    this.#report = report;
  }

  /** An answer in the server's place, or nothing to say. */
  examine(service: Service, head: RequestHead, body: string): WireAnswer | undefined {
    const { method, url, target } = head;
    const request: WireRequest = { service, method, url, target, body };
    const accessKey = CREDENTIAL.exec(head.authorization)?.[1] ?? 'nobody';
    const caller = this.#judge.callerOf(accessKey);
    const operation = target ?? `${method} ${url}`;
    if (caller === undefined)
      return this.#refuse(service, accessKey, operation, service, 'an access key of no function');
    try {
      const calls = this.#judge.callsOf(request, caller);
      for (const call of calls) this.#note(caller, call, request);
      return this.#decide(service, caller, calls);
    } catch (error) {
      // UnknownRequest, or a body that is not what its operation takes: nobody can say what AWS would.
      const why = error instanceof Error ? error.message : String(error);
      return this.#refuse(service, shortName(caller.id), operation, service, why);
    }
  }

  #note({ id }: DeployedFunction, call: Call, { body }: WireRequest): void {
    const polled = call.action === 'sqs:ReceiveMessage' ? pollOf(body) : undefined;
    const key = `${id} ${keyOf(call)} ${polled ?? ''}`;
    if (this.#noted.has(key)) return;
    this.#noted.add(key);
    this.#report({
      kind: 'call',
      functionId: id,
      call,
      ...(polled !== undefined && { poll: { functionId: id, queue: call.resource, batchSize: polled } }),
    });
  }

  /** What somebody else will be denied later is noted, but does not make AWS refuse this request. */
  #decide(service: Service, caller: DeployedFunction, calls: readonly Call[]): WireAnswer | undefined {
    let answer: WireAnswer | undefined;
    for (const call of calls) {
      const decision = this.#judge.decide(call);
      if (decision.allowed) continue;
      const who = nameOf(call.principal);
      const isOwn = who === caller.role;
      const name = isOwn ? shortName(caller.id) : `${shortName(who)} (for ${shortName(caller.id)})`;
      const refused = this.#refuse(service, name, call.action, shortName(call.resource), decision.why);
      if (isOwn) answer ??= refused;
    }
    return answer;
  }

  #refuse(service: Service, caller: string, action: string, resource: string, why: string): WireAnswer | undefined {
    this.#report({ kind: 'refusal', caller, action, resource, why });
    return this.#denials === 'answered' ? denial(service, why) : undefined;
  }
}

function pollOf(body: string): number {
  const { MaxNumberOfMessages = 1 } = JSON.parse(body) as { readonly MaxNumberOfMessages?: number };
  return MaxNumberOfMessages;
}
