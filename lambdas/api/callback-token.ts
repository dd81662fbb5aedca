import type { TokenSigner } from './signed-token.ts';

/** What a callback token stands for: one node, in one generation of one execution. */
export interface CallbackAddress {
  readonly workspace: string;
  readonly execution: string;
  readonly node: string;
  readonly gen: number;
}

const PURPOSE = 'callback';

/** Derived, not stored: a 256-bit signature over the node's address. A node waits once in a generation. */
export function callbackToken(signer: TokenSigner, { workspace, execution, node, gen }: CallbackAddress): string {
  return signer.sign(PURPOSE, [workspace, execution, node, gen].join('\n'));
}

export function openCallbackToken(signer: TokenSigner, token: string): CallbackAddress | undefined {
  const [workspace, execution, node, gen] = signer.open(PURPOSE, token)?.split('\n') ?? [];
  if (workspace === undefined || execution === undefined || node === undefined || gen === undefined) return undefined;
  return { workspace, execution, node, gen: Number(gen) };
}
