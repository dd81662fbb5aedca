import { createHash } from 'node:crypto';
import { isJsonArray, isJsonObject, type Json } from '../../shared/domain/json.ts';
import type { PendingDecision } from './pending-decision.ts';

/** Posts to the page's own address; a mail scanner that only opens the link decides nothing. */
const SCRIPT = `
const byId = (id) => document.getElementById(id);
const show = (text) => { byId('answer').textContent = text; };
const send = async (body) => {
  show('Sending …');
  try {
    const response = await fetch(location.pathname, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const answer = await response.json();
    if (response.ok) for (const button of document.querySelectorAll('button')) button.disabled = true;
    show(response.ok ? 'Recorded. You can close this page.' : answer.detail + (answer.problems ? ': ' + answer.problems.map((p) => p.path + ' ' + p.message).join('; ') : ''));
  } catch (error) { show('That did not arrive: ' + error.message + '. Try again.'); }
};
const comment = () => byId('comment').value;
byId('approve')?.addEventListener('click', () => send({ output: { approved: true, comment: comment() } }));
byId('reject').addEventListener('click', () => send({ error: { code: 'rejected', message: comment() || 'rejected' } }));
const initial = byId('json').value;
byId('send').addEventListener('click', () => {
  if (byId('json').value === initial && initial !== '{}') return show('Fill in what is asked for first.');
  try { send({ output: JSON.parse(byId('json').value) }); } catch (error) { show('That is not JSON: ' + error.message); }
});
`;

const SCRIPT_DIGEST = createHash('sha256').update(SCRIPT).digest('base64');

export const CALLBACK_PAGE_POLICY = `default-src 'none'; script-src 'sha256-${SCRIPT_DIGEST}'; style-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`;

/** What waits is somebody else's text: everything is escaped. */
export function callbackPage(decision: PendingDecision | undefined): string {
  if (decision === undefined) {
    return page(
      'Nothing to decide',
      '<h1>Nothing to decide</h1><p>This was decided already, came too late, or the execution has ended.</p>',
    );
  }
  const { workflow, execution, node, message, until, schema } = decision;
  const json = (text: string) =>
    `<textarea id="json" aria-label="JSON to send">${escape(text)}</textarea><button id="send">Send</button>`;
  // Where a schema says what an approval looks like, a plain "yes" would not fit it.
  const approve =
    schema === undefined
      ? `<button id="approve">Approve</button><button id="reject">Reject</button>
<details><summary>Send other JSON</summary>${json('{}')}</details>`
      : `<p>To approve, send what the workflow asks for:</p>${json(skeletonOf(schema))}<button id="reject">Reject</button>
<details><summary>The schema that it has to fit</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`;
  const body = `
<h1>${escape(node)}</h1>
<p>${message === undefined ? 'A workflow waits for your decision.' : escape(message)}</p>
<p><small>Workflow ${escape(workflow)}, execution ${escape(execution)}${until === undefined ? '' : `, until ${escape(until)}`}</small></p>
<label for="comment">Comment</label>
<textarea id="comment"></textarea>
${approve}
<p id="answer" role="status"></p>
<script>${SCRIPT}</script>`;
  return page(`Decision: ${escape(node)}`, body);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #1c2430; }
textarea { width: 100%; box-sizing: border-box; min-height: 4rem; font: inherit; }
pre { overflow: auto; background: #f3f4f6; padding: .5rem; font-size: .85rem; }
button { font: inherit; padding: .4rem 1.2rem; margin: .5rem .5rem .5rem 0; }
</style>
</head>
<body>${body}
</body>
</html>
`;
}

const EXAMPLES: Readonly<Record<string, Json>> = {
  string: '',
  number: 0,
  integer: 0,
  boolean: false,
  array: [],
  object: {},
};

/** The required properties, to be filled in. */
function skeletonOf(schema: Json): string {
  const required = isJsonObject(schema) && isJsonArray(schema['required']) ? schema['required'] : [];
  const properties = isJsonObject(schema) && isJsonObject(schema['properties']) ? schema['properties'] : {};
  const names = required.filter((name) => typeof name === 'string');
  const entries = names.map((name) => {
    const property = properties[name];
    const type = isJsonObject(property) ? property['type'] : undefined;
    return [name, (typeof type === 'string' ? EXAMPLES[type] : undefined) ?? null] as const;
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
