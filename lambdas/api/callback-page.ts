import { createHash } from 'node:crypto';

/** Posts to the page's own address; a mail scanner that only opens the link decides nothing. */
const SCRIPT = `
const show = (text) => { document.getElementById('answer').textContent = text; };
const send = async (body) => {
  const response = await fetch(location.pathname, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  show(response.ok ? 'Recorded. You can close this page.' : answer.detail + (answer.problems ? ' ' + answer.problems.map((p) => p.path + ' ' + p.message).join('; ') : ''));
};
document.getElementById('approve').addEventListener('click', () => send({ output: { approved: true, comment: document.getElementById('comment').value } }));
document.getElementById('reject').addEventListener('click', () => send({ output: { approved: false, comment: document.getElementById('comment').value } }));
document.getElementById('send').addEventListener('click', () => {
  try { send({ output: JSON.parse(document.getElementById('json').value) }); } catch (error) { show('That is not JSON: ' + error.message); }
});
`;

const SCRIPT_DIGEST = createHash('sha256').update(SCRIPT).digest('base64');

/** Node ids are letters, digits and _: nothing here needs escaping. */
export function callbackPage(node: string): { readonly html: string; readonly scriptDigest: string } {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Decision: ${node}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #1c2430; }
textarea { width: 100%; box-sizing: border-box; min-height: 4rem; font: inherit; }
button { font: inherit; padding: .4rem 1.2rem; margin: .5rem .5rem .5rem 0; }
</style>
</head>
<body>
<h1>${node}</h1>
<p>A workflow waits for your decision.</p>
<label for="comment">Comment</label>
<textarea id="comment"></textarea>
<button id="approve">Approve</button><button id="reject">Reject</button>
<details><summary>Send other JSON</summary><textarea id="json" aria-label="JSON to send">{}</textarea><button id="send">Send</button></details>
<p id="answer" role="status"></p>
<script>${SCRIPT}</script>
</body>
</html>
`;
  return { html, scriptDigest: SCRIPT_DIGEST };
}
