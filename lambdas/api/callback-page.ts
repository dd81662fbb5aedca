import { createHash } from 'node:crypto';
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
const decide = (approved) => () => send({ output: { approved, comment: byId('comment').value } });
byId('approve').addEventListener('click', decide(true));
byId('reject').addEventListener('click', decide(false));
byId('send').addEventListener('click', () => {
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
  // Where a schema says what is wanted, the two buttons would rarely fit it.
  const json = `<textarea id="json" aria-label="JSON to send">{}</textarea><button id="send">Send</button>`;
  const body = `
<h1>${escape(node)}</h1>
<p>${message === undefined ? 'A workflow waits for your decision.' : escape(message)}</p>
<p><small>Workflow ${escape(workflow)}, execution ${escape(execution)}${until === undefined ? '' : `, until ${escape(until)}`}</small></p>
<label for="comment">Comment</label>
<textarea id="comment"></textarea>
<button id="approve">Approve</button><button id="reject">Reject</button>
<details${schema === undefined ? '' : ' open'}><summary>Send other JSON</summary>${schema === undefined ? '' : `<p>It has to fit:</p><pre>${escape(schema)}</pre>`}${json}</details>
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
