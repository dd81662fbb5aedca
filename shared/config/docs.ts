/** Where the documentation lies that alarms and dashboards link to. What the API says of its own errors, it serves itself. */
export const DOCS = {
  runbook: 'https://github.com/stepwell/stepwell/blob/main/docs/runbook.md',
} as const;
