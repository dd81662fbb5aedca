import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** In hexadecimal, lower case. A library in plain JavaScript: the domain has no node:crypto, and Web Crypto is asynchronous. */
export function sha256Hex(message: Uint8Array): string {
  return bytesToHex(sha256(message));
}
