/** Who asks: a role of the template by its ARN, or an AWS service in its own name. */
export type Principal = { readonly role: string } | { readonly service: string };

/** What IAM knows of a request besides who, what and where. Keys in lower case: IAM does not care. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

/** One question to IAM; an AWS call may need several of them answered with yes. */
export interface Call {
  readonly principal: Principal;
  /** `service:Operation` */
  readonly action: string;
  /** An ARN, or `*` for actions that know no resources. */
  readonly resource: string;
  readonly context: Context;
}

export function nameOf(principal: Principal): string {
  return 'role' in principal ? principal.role : principal.service;
}
