type XmlValue = string | boolean | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

/** An answer as AWS's XML protocols write it; a list's elements are `member`s, as the query protocol has them. */
export function xml(value: XmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'boolean')
    return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  if (isList(value)) return value.map((element) => `<member>${xml(element)}</member>`).join('');
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
    .join('');
}

function isList(value: object): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** What a service answers instead of a result. */
export class WireError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  asXml(): string {
    const error = `<Error><Code>${this.code}</Code><Message>${this.message}</Message></Error>`;
    // S3 has no envelope; the query protocol's readers find the error in either.
    return this.code === 'NoSuchBucket' ? error : `<ErrorResponse>${error}</ErrorResponse>`;
  }

  asJson(): string {
    return JSON.stringify({ __type: this.code, message: this.message });
  }
}
