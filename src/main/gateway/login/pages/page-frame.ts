import { type Html, html, trusted } from '../../status-page/view/html.ts';
import { FAVICON, TURNOUT } from '../../status-page/view/icons.ts';

const STYLE = `
:root {
  color-scheme: light dark; --ground: #f3f4f1; --surface: #fff; --line: #dcdfd9; --text: #1b211e;
  --quiet: #57605b; --link: #0a5a8a; --go: #17714a; --stop: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1311; --surface: #171c19; --line: #2c3530; --text: #e4e9e6; --quiet: #a0aca5;
    --link: #7cc0ec; --go: #63cf98; --stop: #ff8f84;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 32px 16px; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main {
  max-width: 560px; margin: 0 auto; padding: 24px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 10px;
}
.brand {
  display: flex; align-items: center; gap: 10px; margin: 0 0 16px; color: var(--quiet); font-size: 14px;
}
.mark { color: var(--go); }
.mark .track { fill: none; stroke: currentColor; stroke-width: 2.6; stroke-linecap: round; }
.mark .point { fill: var(--surface); stroke: currentColor; stroke-width: 2; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.25; overflow-wrap: anywhere; }
dl { margin: 0 0 16px; }
dl > div { padding: 8px 0; border-top: 1px solid var(--line); }
dt { font-size: 13px; color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 12px; }
label { display: block; margin-bottom: 4px; font-size: 14px; }
input[type="password"] {
  width: 100%; margin-bottom: 12px; padding: 8px 10px; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px;
}
button {
  padding: 9px 18px; font: inherit; font-weight: 600; color: var(--surface); background: var(--go);
  border: 1px solid transparent; border-radius: 6px; cursor: pointer;
}
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.warning { color: var(--stop); }
`;

/** Renders a page without scripts; `nonce` allows the page's own style. */
export function renderFrame(title: string, body: Html, nonce: string): string {
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · mcp-switchyard</title>
<link rel="icon" href="${trusted(FAVICON)}">
<style nonce="${nonce}">${trusted(STYLE)}</style>
</head>
<body>
<main>
<p class="brand">${TURNOUT}<span>mcp-switchyard</span></p>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`}\n`;
}
