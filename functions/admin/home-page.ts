import { createHash } from 'node:crypto';

// The page at `/` until the dashboard takes its place: what this is, and the first event in three steps. One file without
// scripts, fonts or pictures from anywhere; its one style is allowed by its hash.

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2433; --soft: #5b667a; --paper: #fbfbfd; --card: #ffffff; --line: #e3e7ee;
  --code: #f3f5f9; --mark: #0b6bcb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --soft: #a4aec0; --paper: #10141c; --card: #171d28;
  --line: #2a3342; --code: #0d1118; --mark: #7ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.02em; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
.lead { color: var(--soft); font-size: 1.15rem; margin-bottom: 2rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem 1.5rem;
  margin: 0 0 1rem; }
section > :last-child { margin-bottom: 0; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; overflow-x: auto;
  font: .85rem/1.55 ui-monospace, monospace; margin: 0 0 1rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
a { color: var(--mark); }
a:focus-visible, pre:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
`;

const SEND = `curl -X POST "$TALLYHOOK_URL/segment" \\
  -H "Authorization: Bearer $INGEST_KEY" -H "Content-Type: application/json" \\
  -d '{"type":"track","messageId":"first-1","userId":"user-42",
       "event":"Message Sent","properties":{"featureId":"messages","delta":3}}'`;

const DEFINE = `curl -X POST "$TALLYHOOK_URL/api/features" \\
  -H "Authorization: Bearer $ADMIN_KEY" -H "Content-Type: application/json" \\
  -d '{"id":"messages","name":"Messages","type":"consumable"}'`;

const READ = `curl "$TALLYHOOK_URL/api/usage?userId=user-42&featureId=messages" \\
  -H "Authorization: Bearer $ADMIN_KEY"`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// Focusable, so that a long line can be scrolled with the keyboard.
const code = (text: string, label: string): string =>
  `<pre tabindex="0" role="region" aria-label="${label}"><code>${escape(text)}</code></pre>`;

export const HOME_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tallyhook</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Tallyhook is running</h1>
<p class="lead">It turns the events that you already send through Segment into feature usage: who used which feature, how
often, and when.</p>
<section>
<h2>1. Send an event</h2>
<p>Any event with a <code>userId</code> is stored, once per <code>messageId</code>, whether it counts for something yet or
not. In Segment, add a webhook destination with the URL below and the ingest key.</p>
${code(SEND, 'Send an event')}
</section>
<section>
<h2>2. Define the feature</h2>
<p>Events that name a feature count for it. For all others, a mapping rule says which events count for which feature. Events
that arrived earlier are counted as soon as there is a feature or rule for them.</p>
${code(DEFINE, 'Define a feature')}
</section>
<section>
<h2>3. Read the usage</h2>
${code(READ, 'Read usage')}
<p>Sums are exact decimals. Ask for hours, days or months, one user or all, JSON or CSV.</p>
</section>
<section>
<h2>Where things are</h2>
<p><a href="/api/openapi.json">The API</a> is described as OpenAPI 3.1, with examples. The keys and the URL are printed by
<code>npm start</code>; on AWS, <code>cdk deploy</code> prints them as <code>WebhookUrl</code>, <code>DashboardUrl</code> (the
routes under <code>/api</code>) and <code>AdminKeySecretArn</code>. The README of the project has the same steps with
Segment’s SDK, and its <code>docs</code> folder says how everything works.</p>
</section>
</main>
</body>
</html>
`;

/** What the Content-Security-Policy lets the page use: its own style and nothing else. */
export const HOME_STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
