import { isTerminal, type Header } from '../../../shared/domain/execution/records.ts';
import type { ExecutionEvidence } from './evidence.ts';
import type { Report } from './invariants.ts';

/** I18. More than once is allowed: the bus may have accepted an event and its answer been lost. */
export function checkAnnounced({ announced }: ExecutionEvidence, header: Header, report: Report): void {
  if (announced === undefined) return;
  const ends = new Set(header.redrives.map(({ gen, after }) => nameOf(gen - 1, after.status)));
  if (isTerminal(header.status)) ends.add(nameOf(header.gen, header.status));
  const told = new Set(announced.map(({ generation, status }) => nameOf(generation, status)));
  for (const end of ends) if (!told.has(end)) report('I18', `the end of ${end} was not announced`);
  for (const end of told) if (!ends.has(end)) report('I18', `${end} was announced and is no end of it`);
}

function nameOf(generation: number, status: string): string {
  return `generation ${generation} (${status})`;
}
