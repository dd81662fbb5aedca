import { createHmac, timingSafeEqual } from 'node:crypto';

/** Text that only we could have made: `<base64url text>.<base64url HMAC-SHA256>`. `purpose` keeps kinds apart. */
export class TokenSigner {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  sign(purpose: string, text: string): string {
    return `${Buffer.from(text).toString('base64url')}.${this.#mac(purpose, text).toString('base64url')}`;
  }

  /** The text, or undefined when the token was not made by us for this purpose. */
  open(purpose: string, token: string): string | undefined {
    const [encoded, signature, ...rest] = token.split('.');
    if (encoded === undefined || signature === undefined || rest.length > 0) return undefined;
    const text = Buffer.from(encoded, 'base64url').toString('utf8');
    const given = Buffer.from(signature, 'base64url');
    const expected = this.#mac(purpose, text);
    // base64url tolerates stray bits: only the one spelling that we produce is ours.
    if (given.toString('base64url') !== signature || Buffer.from(text).toString('base64url') !== encoded)
      return undefined;
    return given.length === expected.length && timingSafeEqual(given, expected) ? text : undefined;
  }

  #mac(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${purpose}\n${text}`).digest();
  }
}
