import * as z from 'zod';
import { resourcesOfType, Template } from '../../local/template/template.ts';
import { awsCalls } from './aws-side/aws-calls.ts';
import { keyCalls } from './aws-side/key-calls.ts';
import { Judge } from './guard/judge.ts';
import type { Call } from './iam/call.ts';
import { nameOf } from './iam/call.ts';
import { grantsOf, withoutGrant, type Grant } from './iam/grants.ts';
import { shortName } from './iam/short-names.ts';

const FunctionProperties = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });

/** One template before the judge, with all that was asked for while another one like it was at work. */
export class Trial {
  readonly judge: Judge;
  readonly grants: readonly Grant[];
  /** Names of each function's variables, by logical id. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
  readonly #template: Template;
  readonly #calls: readonly Call[];

  /** `seen`: what functions asked for; what AWS asks for besides is added for this template. */
  constructor(template: Template, seen: Iterable<Call>) {
    this.judge = new Judge(template);
    this.grants = grantsOf(template, this.judge.names);
    this.variables = new Map(
      resourcesOfType(template, 'AWS::Lambda::Function').map(([id, { Properties }]) => {
        const { Environment } = FunctionProperties.parse(Properties);
        return [id, Object.keys(Environment.Variables)];
      }),
    );
    this.#template = template;
    const { deployment } = this.judge;
    // Without a bus nobody puts events on it: the functions are not told of any.
    const asked = [...seen].filter(({ action }) => !action.startsWith('events:') || deployment.buses.length > 0);
    const all = [...asked, ...awsCalls(deployment)];
    this.#calls = all.flatMap((call) => [call, ...keyCalls(deployment, call)]);
  }

  /** What would be denied, for people. */
  denied(): readonly string[] {
    return deniedBy(this.judge, this.#calls);
  }

  /** Names of the grants without which nothing more would be denied that was asked for. */
  needless(): readonly string[] {
    const before = this.denied().length;
    return this.grants
      .filter((grant) => deniedBy(new Judge(withoutGrant(this.#template, grant)), this.#calls).length === before)
      .map(({ name }) => name);
  }
}

function deniedBy(judge: Judge, calls: readonly Call[]): readonly string[] {
  const lines = calls.flatMap((call) => {
    const decision = judge.decide(call);
    const { principal, action, resource } = call;
    return decision.allowed
      ? []
      : [`${shortName(nameOf(principal))}: ${action} on ${shortName(resource)}: ${decision.why}`];
  });
  return [...new Set(lines)].sort();
}

/** The other template, deployed under the names of the first: stages differ in nothing that is asked for but names. */
export function namedAs(first: Template, other: Template): Template {
  const renamed = Object.entries(other.Resources).flatMap(([id, { Properties }]) => {
    const name = first.Resources[id]?.Properties['Name'];
    return typeof name === 'string' && typeof Properties['Name'] === 'string'
      ? [[Properties['Name'], name] as const]
      : [];
  });
  // In policies, too, which may hold a name as text.
  const text = renamed.reduce((json, [from, to]) => json.replaceAll(from, to), JSON.stringify(other));
  return Template.parse(JSON.parse(text));
}
