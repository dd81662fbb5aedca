import * as z from 'zod';
import type { Call } from './call.ts';
import { checkCondition, holds, type Condition } from './condition.ts';
import { matchesAction, matchesArn } from './pattern.ts';
import { parsePrincipals, standsFor, type PrincipalPattern } from './principal-element.ts';

/** A statement of a policy, references resolved. */
export interface Statement {
  /** For people: which policy, which statement. */
  readonly where: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Choice;
  readonly resources: Choice;
  /** Undefined in an identity's policy: it is about whoever has it. */
  readonly principals: readonly PrincipalPattern[] | undefined;
  readonly conditions: readonly Condition[];
}

/** These, or (`NotAction`, `NotResource`) all but these. */
interface Choice {
  readonly all: 'but' | 'of';
  readonly patterns: readonly string[];
}

const Texts = z.union([z.string(), z.array(z.string()).min(1)]).transform((texts) => [texts].flat());
/** CloudFormation turns true into "true"; a template may hold either. */
const Values = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()])).min(1)])
  .transform((values) => [values].flat().map(String));

/** Strict: an element that nobody looks at (`NotPrincipal`) would be a rule that nobody keeps. */
const RawStatement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: Texts.optional(),
  NotAction: Texts.optional(),
  Resource: Texts.optional(),
  NotResource: Texts.optional(),
  Principal: z.unknown().optional(),
  Condition: z.record(z.string(), z.record(z.string(), Values)).default({}),
});

const PolicyDocument = z.strictObject({
  // The older language treats policy variables as text.
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([z.array(RawStatement), RawStatement]).transform((statements) => [statements].flat()),
});

export interface PolicyKind {
  /** Whether statements say whom they are about. */
  readonly principals: 'named' | 'implied';
  /** Trust policies have no `Resource`: they are about the role that they belong to. */
  readonly resource?: string;
}

/** @throws on anything that is not understood; `where` names the policy. */
export function parsePolicy(document: unknown, where: string, kind: PolicyKind): readonly Statement[] {
  const parsed = PolicyDocument.safeParse(document);
  if (!parsed.success) throw new Error(`${where} is not understood: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.map((raw, at) => {
    const statement = `${where}, statement ${at + 1}`;
    try {
      return parseStatement(raw, statement, kind);
    } catch (error) {
      throw new Error(`${statement}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  });
}

function parseStatement(raw: z.infer<typeof RawStatement>, where: string, kind: PolicyKind): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, Condition } = raw;
  if ((Principal !== undefined) !== (kind.principals === 'named')) {
    throw new Error(kind.principals === 'named' ? 'it names no principal' : 'an identity’s policy names a principal');
  }
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values })),
  );
  conditions.forEach(checkCondition);
  const resources =
    Resource === undefined && NotResource === undefined && kind.resource !== undefined ? [kind.resource] : Resource;
  return {
    where,
    effect: Effect,
    actions: choice('Action', Action, NotAction),
    resources: choice('Resource', resources, NotResource),
    principals: Principal === undefined ? undefined : parsePrincipals(Principal),
    conditions,
  };
}

function choice(name: string, these: readonly string[] | undefined, allBut: readonly string[] | undefined): Choice {
  if ((these === undefined) === (allBut === undefined)) throw new Error(`it needs ${name} or Not${name}, one of them`);
  const patterns = these ?? allBut ?? [];
  const variable = patterns.find((pattern) => pattern.includes('${'));
  if (variable !== undefined) throw new Error(`policy variables are not understood: ${variable}`);
  return { all: these === undefined ? 'but' : 'of', patterns };
}

/** Whether it is about this call; `its account` where it leaves the last word to the identity's own policies. */
export function appliesTo(statement: Statement, call: Call): 'itself' | 'its account' | undefined {
  const { actions, resources, principals, conditions } = statement;
  if (!chosen(actions, (pattern) => matchesAction(pattern, call.action))) return undefined;
  if (!chosen(resources, (pattern) => matchesArn(pattern, call.resource))) return undefined;
  if (!conditions.every((condition) => holds(condition, call.context))) return undefined;
  if (principals === undefined) return 'itself';
  const about = new Set(principals.map((pattern) => standsFor(pattern, call.principal)));
  if (about.has('itself')) return 'itself';
  return about.has('its account') ? 'its account' : undefined;
}

function chosen({ all, patterns }: Choice, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) === (all === 'of');
}
