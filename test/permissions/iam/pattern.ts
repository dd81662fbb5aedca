/** How IAM compares: `*` is any text, `?` any one character; everything else is itself. */
export function matchesPattern(pattern: string, value: string): boolean {
  return expressionOf(pattern).test(value);
}

/** Actions, and the services before them, do not care about case. */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesPattern(pattern.toLowerCase(), action.toLowerCase());
}

/** `arn:partition:service:region:account:resource`; only the last part may hold colons of its own. */
const ARN_PARTS = 6;

/**
 * A wildcard stays within its part of the ARN, so `arn:aws:sqs:*` is not every queue. Within the last part it goes over
 * slashes and colons alike.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const patterns = partsOf(pattern);
  const parts = partsOf(arn);
  if (patterns.length !== ARN_PARTS || parts.length !== ARN_PARTS) return false;
  return patterns.every((part, at) => matchesPattern(part, parts[at] ?? ''));
}

export function hasWildcard(text: string): boolean {
  return /[*?]/.test(text);
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  if (parts.length <= ARN_PARTS) return parts;
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  expressions.set(pattern, expression);
  return expression;
}
