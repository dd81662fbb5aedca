import { createInterface } from 'node:readline/promises';

/** Asks for a yes. Enter alone, the end of the input (Ctrl-D) and Ctrl-C are a no. */
export async function askYesNo(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const lines = createInterface({ input, output });
  const closed = new Promise<string>((resolve) => lines.once('x', () => resolve('')));
  try {
    // Ctrl-C rejects the question, the end of the input only closes it.
    const answered = lines.question(`${question} (y/N) `).catch(() => '');
    return /^y(?:es)?$/i.test((await Promise.race([answered, closed])).trim());
  } finally {
    lines.close();
  }
}
