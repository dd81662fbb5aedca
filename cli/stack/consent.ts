import type { Verb } from './command-line.ts';
import { asTyped } from './command-line.ts';
import type { Situation } from './situation.ts';

export type Consent =
  | { readonly kind: 'given' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'ask'; readonly question: string };

/** Whether the user has said yes to what was printed: prod only in so many words, a dev stack's end at the least when asked. */
export function consentTo(verb: Verb, situation: Situation, yes: boolean, canAsk: boolean): Consent {
  const { env, identity } = situation;
  if (yes) return { kind: 'given' };
  const sayYes = `To do it: ${asTyped(env, `npm run ${verb} -- --yes`)}`;
  if (identity.stage === 'prod') {
    const diff = verb === 'deploy' ? `To see what would change: ${asTyped(env, 'npx cdk diff')}\n` : '';
    return { kind: 'refused', why: `This is prod; nothing has been done.\n${diff}${sayYes}` };
  }
  if (verb === 'deploy') return { kind: 'given' };
  if (canAsk) return { kind: 'ask', question: `Destroy ${identity.stackName}?` };
  return { kind: 'refused', why: `There is no terminal to ask on; nothing has been done.\n${sayYes}` };
}
