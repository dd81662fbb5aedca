import { quoted } from './problem-list.ts';

/** Names that reach into the prototype chain of whatever object a later step copies them onto (contract §3). */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN.has(key);
}

export function forbiddenKeyMessage(key: string, where: string): string {
  return `the key ${quoted(key)} is not allowed anywhere in a document, use another name (${where})`;
}
