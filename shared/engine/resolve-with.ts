import { evaluateValue } from '../domain/expression/template.ts';
import type { Claimed } from './claimed.ts';
import { idempotencyKey, ifErrorOf, withOf } from './evaluate-pure.ts';
import { buildScope, referencedIndices, visibility } from './scope.ts';
import type { Session } from './session.ts';

/** What the node was given: its `with`, evaluated. Deterministic over committed data, so the API shows it the same way. */
export async function resolveWith(session: Session, claimed: Pick<Claimed, 'node' | 'attempt' | 'startedAt' | 'via'>) {
  const { node, attempt, startedAt: now, via } = claimed;
  await session.loadGiven();
  const config = withOf(session, node);
  const values = [config, node.failIf, node.retryIf];
  const ifGate = node.in.length === 1 ? session.sourcesOf(node) : [];
  await session.ensureKnown([...referencedIndices(session, values), ...ifGate]);
  const visible = await visibility(session, node, via);
  const scope = await buildScope(session, values, {
    generation: session.generation(node),
    now,
    node: { id: node.id, attempt, idempotencyKey: idempotencyKey(session, node) },
    ...(visible !== undefined && { visible }),
  });
  const ifError = ifErrorOf(session, node, session.settledAt);
  const value = ifError === undefined ? evaluateValue(config, scope) : { ok: false as const, error: ifError };
  return { scope, value };
}
