import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Which addresses `http` nodes may connect to: public unicast and nothing else. An allow-list by construction for
 * IPv6 (only 2000::/3 is assigned as global unicast), the special-purpose registries of IANA for IPv4, both from
 * ipaddr.js, and here what that does not know.
 */

/** 2000::/3, the one block of IPv6 that IANA hands out; whatever lies outside is local, translated or unassigned. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parse('2000::');
const GLOBAL_UNICAST_V6_BITS = 3;

/** Public by number, private by use: Azure's wire server answers guests with their certificates and secrets. */
const PLATFORM_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16']);

const WORDS: Readonly<Record<string, string>> = {
  linkLocal: 'link-local, where clouds keep instance metadata',
  carrierGradeNat: 'carrier-grade NAT',
  uniqueLocal: 'unique local',
  ipv4Mapped: 'an IPv4 address in IPv6 clothes',
  rfc6145: 'an IPv4 address in IPv6 clothes',
  rfc6052: 'NAT64',
  teredo: 'Teredo',
};

/** Why this address is not public, in words for an error message; undefined if it is. */
export function whyNotPublic(address: string): string | undefined {
  // ipaddr.js also reads octal and short forms, on which resolvers disagree: only the canonical spelling passes.
  if (isIP(address) === 0 || address.includes('%')) return 'not a plain IP address';
  if (PLATFORM_SERVICES.has(address)) return "a cloud platform's own service";
  const parsed = ipaddr.parse(address);
  const range: string = parsed.range();
  if (range !== 'unicast') return WORDS[range] ?? range;
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_UNICAST_V6, GLOBAL_UNICAST_V6_BITS)) return 'unassigned';
  return undefined;
}

/** IPv4-mapped IPv6 becomes IPv4, everything its shortest form: two spellings of one address compare equal. */
export function canonicalAddress(address: string): string {
  return isIP(address) === 0 ? address.toLowerCase() : ipaddr.process(address).toString();
}

/** Whether connecting to it ends on this machine: loopback, and the unspecified address, which kernels treat alike. */
export function isThisMachine(address: string): boolean {
  if (isIP(address) === 0) return false;
  const range = ipaddr.process(address).range();
  return range === 'loopback' || range === 'unspecified';
}
