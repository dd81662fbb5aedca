import { createInterface } from 'node:readline/promises';

/** Asks for a yes. Enter alone, the end of the input (Ctrl-D) and Ctrl-C are a no. */
export async function askYesNo(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const lines = createInterface({ input, output });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    // Closed before it is answered, a question is left open for ever.
    const answer = await Promise.race([lines.question(`${question} (y/N) `), closed]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
