/** An expression as it was written, independent of the parser that read it. */
export type Syntax =
  | LiteralSyntax
  | NameSyntax
  | SelectSyntax
  | IndexSyntax
  | CallSyntax
  | ListSyntax
  | MapSyntax
  | TernarySyntax
  | LogicalSyntax
  | UnarySyntax
  | BinarySyntax;

/** Where it stands, so that a message can quote `nodes.a.output.total` as the user wrote it. */
interface Placed {
  readonly text: string;
}

interface LiteralSyntax extends Placed {
  readonly form: 'literal';
  readonly value: null | boolean | number | string;
}
export interface NameSyntax extends Placed {
  readonly form: 'name';
  readonly name: string;
}
/** `target.key`, `target.?key` */
export interface SelectSyntax extends Placed {
  readonly form: 'select';
  readonly target: Syntax;
  readonly key: string;
  readonly optional: boolean;
}
/** `target[index]`, `target[?index]` */
export interface IndexSyntax extends Placed {
  readonly form: 'index';
  readonly target: Syntax;
  readonly index: Syntax;
  readonly optional: boolean;
}
/** `name(args)`, or `target.name(args)` */
export interface CallSyntax extends Placed {
  readonly form: 'call';
  readonly name: string;
  readonly target: Syntax | undefined;
  readonly args: readonly Syntax[];
}
export interface ListSyntax extends Placed {
  readonly form: 'list';
  readonly items: readonly Syntax[];
}
export interface MapSyntax extends Placed {
  readonly form: 'map';
  readonly entries: readonly (readonly [Syntax, Syntax])[];
}
export interface TernarySyntax extends Placed {
  readonly form: 'ternary';
  readonly condition: Syntax;
  readonly whenTrue: Syntax;
  readonly whenFalse: Syntax;
}
export interface LogicalSyntax extends Placed {
  readonly form: 'logical';
  readonly operator: '&&' | '||';
  readonly left: Syntax;
  readonly right: Syntax;
}
export interface UnarySyntax extends Placed {
  readonly form: 'unary';
  readonly operator: '!' | '-';
  readonly operand: Syntax;
}
export interface BinarySyntax extends Placed {
  readonly form: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Syntax;
  readonly right: Syntax;
}
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';
