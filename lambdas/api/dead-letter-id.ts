import type { DeadLetterKey } from '../../shared/domain/execution/records.ts';

/** `<execution>-<generation>-<node>`, as the path parameter `letter` has it. */
export function deadLetterId({ execution, gen, node }: DeadLetterKey): string {
  return `${execution}-${gen}-${node}`;
}

export function deadLetterKeyOf(workspace: string, id: string): DeadLetterKey {
  const [execution = '', gen = '', node = ''] = id.split('-');
  return { workspace, execution, gen: Number(gen), node };
}
