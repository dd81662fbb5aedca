/** What CloudWatch's metric math makes of an expression at one point in time, as far as the stack uses it. */
export function evaluate(expression: string, values: Readonly<Record<string, number>>, periodS: number): number {
  const tokens = expression.match(/[A-Za-z]\w*|\d+(?:\.\d+)?|>=|[-+*/()[\],>]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(' ', '')) throw new Error(`What is this? ${expression}`);
  const take = (...wanted: string[]): string | undefined => (wanted.includes(tokens[0]!) ? tokens.shift() : undefined);
  const list = (close: string): (number | number[])[] => {
    const items: (number | number[])[] = [];
    while (take(close) === undefined) {
      items.push(take('[') === undefined ? comparison() : (list(']') as number[]));
      take(',');
    }
    return items;
  };
  const functions: Record<string, (...args: never[]) => number> = {
    FILL: (value: number) => value,
    SUM: (items: number[]) => items.reduce((sum, item) => sum + item, 0),
    IF: (condition: number, yes: number, no: number) => (condition === 0 ? no : yes),
    PERIOD: () => periodS,
  };
  const atom = (): number => {
    if (take('(') !== undefined) return list(')')[0] as number;
    const token = tokens.shift()!;
    if (/^\d/.test(token)) return Number(token);
    if (take('(') !== undefined) return functions[token]!(...(list(')') as never[]));
    if (!Object.hasOwn(values, token)) throw new Error(`${token} is not among the metrics of ${expression}`);
    return values[token]!;
  };
  const chain = (next: () => number, operations: Record<string, (a: number, b: number) => number>) => () => {
    let value = next();
    for (let sign = take(...Object.keys(operations)); sign !== undefined; sign = take(...Object.keys(operations)))
      value = operations[sign]!(value, next());
    return value;
  };
  const product = chain(atom, { '*': (a, b) => a * b, '/': (a, b) => a / b });
  const sum = chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const comparison = chain(sum, { '>': (a, b) => Number(a > b), '>=': (a, b) => Number(a >= b) });
  const result = comparison();
  if (tokens.length > 0) throw new Error(`${expression} goes on after its end: ${tokens.join(' ')}`);
  return result;
}
