import type { StackResource } from './stack-state.ts';

/** One line each, by type and name, with a remark where there is one. */
export function listed(
  resources: readonly StackResource[],
  remark: (resource: StackResource) => string = () => '',
): string[] {
  const width = Math.max(0, ...resources.map(({ type }) => type.length));
  return resources
    .toSorted((a, b) => a.type.localeCompare(b.type) || a.name.localeCompare(b.name))
    .map((resource) => {
      const said = remark(resource);
      return `  ${resource.type.padEnd(width)}  ${resource.name}${said === '' ? '' : ` (${said})`}`;
    });
}
