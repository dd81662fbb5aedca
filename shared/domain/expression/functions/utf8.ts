/** UTF-8 by hand: the domain has no TextEncoder. A lone surrogate becomes U+FFFD, as everywhere on the web. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const char of text.toWellFormed()) {
    const code = char.codePointAt(0) as number;
    if (code < 0x80) bytes[length++] = code;
    else {
      const continuation = code < 0x800 ? 1 : code < 0x1_0000 ? 2 : 3;
      bytes[length++] = LEAD[continuation] | (code >> (continuation * 6));
      for (let shift = (continuation - 1) * 6; shift >= 0; shift -= 6)
        bytes[length++] = 0x80 | ((code >> shift) & 0x3f);
    }
  }
  return bytes.subarray(0, length);
}

/** By number of continuation bytes: the bits that announce them, and the smallest code that needs them. */
const LEAD = [0, 0xc0, 0xe0, 0xf0] as const;
const SMALLEST = [0, 0x80, 0x800, 0x1_0000] as const;

/** Undefined where the bytes are not UTF-8: overlong forms and surrogates included. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const pieces: string[] = [];
  let codes: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at++] as number;
    const continuation = continuationOf(lead);
    if (continuation === undefined || at + continuation > bytes.length) return undefined;
    let code = lead & (continuation === 0 ? 0x7f : 0x3f >> continuation);
    for (const end = at + continuation; at < end;) {
      const byte = bytes[at++] as number;
      if ((byte & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (byte & 0x3f);
    }
    if (code < SMALLEST[continuation] || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    codes.push(code);
    // fromCodePoint takes its codes as arguments, of which there is a limit.
    if (codes.length === 1_024) {
      pieces.push(String.fromCodePoint(...codes));
      codes = [];
    }
  }
  return pieces.join('') + String.fromCodePoint(...codes);
}

function continuationOf(lead: number): 0 | 1 | 2 | 3 | undefined {
  if (lead < 0x80) return 0;
  if (lead >= 0xc0 && lead < 0xe0) return 1;
  if (lead >= 0xe0 && lead < 0xf0) return 2;
  return lead >= 0xf0 && lead < 0xf8 ? 3 : undefined;
}
