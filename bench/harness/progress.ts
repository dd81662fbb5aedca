const MS_PER_SECOND = 1_000;

/** Says on stderr what is being measured, and when; stdout is for the report alone. */
export function progress(text: string): void {
  const seconds = (performance.now() / MS_PER_SECOND).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${text}\n`);
}
