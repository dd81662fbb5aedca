import type { Code, Surroundings } from './code.ts';
import type { Compiler } from './compiler.ts';
import { FUNCTIONS, NAMESPACES } from './functions/functions.ts';
import { accepts, acceptsKinds, type Signature } from './functions/signature.ts';
import { MACROS } from './macros.ts';
import { compilePattern, worthChecking } from './regex.ts';
import type { CallSyntax, Syntax } from './syntax.ts';
import { fail } from './trouble.ts';
import { describeKind, type Kind, kindOf } from './value.ts';

/** A call in its one form, however it was written: `size(x)` and `x.size()` are the same, `math.least(…)` has a full name. */
export interface Called {
  readonly name: string;
  readonly args: readonly Syntax[];
}

export function called(syntax: CallSyntax, isLocal: (name: string) => boolean): Called {
  const { target, name, args } = syntax;
  if (target === undefined) return { name, args };
  if (target.form === 'name' && NAMESPACES.has(target.name) && !isLocal(target.name))
    return { name: `${target.name}.${name}`, args };
  return { name, args: [target, ...args] };
}

export function compileCall(compiler: Compiler, syntax: CallSyntax, at: Surroundings): Code {
  const { name, args } = called(syntax, (local) => at.local(local) !== undefined);
  const macro = MACROS.get(name);
  if (macro !== undefined) return macro(compiler, name, args, at);
  const codes = args.map((arg) => compiler.compile(arg, at));
  const forms = FUNCTIONS.get(name);
  if (forms === undefined) return compiler.refuse(`there is no function ${name}()`);
  const kinds = codes.map((code) => code.kind);
  const possible = forms.filter((form) => acceptsKinds(form, kinds));
  const [form] = possible;
  if (form === undefined) return compiler.refuse(mismatch(name, kinds));
  if (name === 'matches') checkPattern(compiler, args[1]);
  // All forms of a function yield the same kind (functions.test.ts).
  return { kind: form.returns, run: caller(name, possible, codes) };
}

function caller(name: string, possible: readonly Signature[], codes: readonly Code[]): Code['run'] {
  return (frame) => {
    frame.meter.spend(2 + codes.length);
    const args = codes.map((code) => code.run(frame));
    const form = possible.find((candidate) => accepts(candidate, args));
    return form === undefined ? fail(mismatch(name, args.map(kindOf))) : form.call(frame.meter, args);
  };
}

function mismatch(name: string, kinds: readonly Kind[]): string {
  return `${name}() cannot be called with ${kinds.length === 0 ? 'nothing' : kinds.map(describeKind).join(', ')}`;
}

/** A pattern that stands in the expression is checked when the workflow is saved. */
function checkPattern(compiler: Compiler, syntax: Syntax | undefined): void {
  if (syntax?.form !== 'literal' || typeof syntax.value !== 'string' || !worthChecking(syntax.value)) return;
  const compiled = compilePattern(syntax.value);
  if (!compiled.ok) compiler.refuse(`matches(): ${compiled.error}`);
}
