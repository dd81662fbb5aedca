/** RFC 4648 by hand: the domain has neither Buffer nor btoa. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    pieces.push(
      letter(group >> 18) +
        letter(group >> 12) +
        (at + 1 < bytes.length ? letter(group >> 6) : '=') +
        (at + 2 < bytes.length ? letter(group) : '='),
    );
  }
  return pieces.join('');
}

function letter(bits: number): string {
  return ALPHABET.charAt(bits & 0x3f);
}

const VALID = /^[A-Za-z0-9+/]*={0,2}$/;

/** The standard and the URL alphabet, padded or not. Undefined for anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const digits = standard.replace(/=+$/, '');
  const padded = digits.length !== standard.length;
  if (!VALID.test(standard) || digits.length % 4 === 1 || (padded && standard.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = 0; at < digits.length; at += 1) {
    bits = ((bits << 6) | valueOf(digits.charCodeAt(at))) & 0xf_ffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[length++] = (bits >> held) & 0xff;
    }
  }
  return bytes;
}

/** Of a character that VALID let through. */
function valueOf(code: number): number {
  if (code >= 97) return code - 71;
  if (code >= 65) return code - 65;
  if (code >= 48) return code + 4;
  return code === 43 ? 62 : 63;
}
