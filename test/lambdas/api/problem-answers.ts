import { API_ERRORS, type ApiErrorCode } from '../../../shared/contracts/error-codes.ts';
import type { RawAnswer } from './raw-http.ts';

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;
/** A problem answer is for reading: whatever was sent, it stays far below what Lambda can answer with. */
const ANSWER_BYTES_MAX = 1_000_000;

/** What is wrong with an answer that should be a problem (RFC 9457, contract §3); empty when nothing is. */
export function flawsOfProblem({
  status,
  headers,
  body,
  text,
}: Pick<RawAnswer, 'status' | 'headers' | 'body' | 'text'>): string[] {
  if (status < 400 || status >= 500) return [`status ${status} is no 4xx: ${text.slice(0, 200)}`];
  if (headers['content-type'] !== 'application/problem+json')
    return [`${status} has content type ${headers['content-type']}: ${text.slice(0, 200)}`];
  const flaws: string[] = [];
  for (const member of ['type', 'title', 'code', 'detail', 'instance']) {
    const value: unknown = body?.[member];
    if (typeof value !== 'string' || value.trim() === '') flaws.push(`'${member}' is ${JSON.stringify(value)}`);
  }
  const known = API_ERRORS[body.code as ApiErrorCode];
  if (known === undefined) flaws.push(`the code '${body.code}' is not in the catalog`);
  if (known?.status !== status || body.status !== status)
    flaws.push(`${body.code} came with status ${status}, says ${body.status}`);
  if (Buffer.byteLength(text) > ANSWER_BYTES_MAX) flaws.push(`the answer has ${Buffer.byteLength(text)} bytes`);
  if (status === 401 && headers['www-authenticate'] === undefined) flaws.push('401 without WWW-Authenticate');
  if (status === 405 && headers.allow === undefined) flaws.push('405 without Allow');
  if (body.code === 'validation_failed' || body.code === 'input_invalid') flaws.push(...flawsOfList(body.problems));
  return flaws;
}

/** The same for a list of problems alone, as `validate` answers with. */
export function flawsOfList(problems: unknown): string[] {
  if (!Array.isArray(problems) || problems.length === 0) return [`problems is ${JSON.stringify(problems)}`];
  return problems.flatMap(({ code, path, message }: Record<string, unknown>) => [
    ...(typeof code === 'string' && /^[a-z_]+$/.test(code) ? [] : [`problem with code ${JSON.stringify(code)}`]),
    ...(typeof path === 'string' && POINTER.test(path)
      ? []
      : [`problem with path ${JSON.stringify(path)?.slice(0, 200)}`]),
    ...(typeof message === 'string' && message.trim() !== '' && !VAGUE.test(message)
      ? []
      : [`problem with message ${JSON.stringify(message)}`]),
  ]);
}

/** Says that something is wrong, not what. */
const VAGUE = /^(?:invalid input|invalid|invalid key in record|error)$/i;
