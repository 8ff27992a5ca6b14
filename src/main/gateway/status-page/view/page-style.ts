/** Style of the page. It loads no file, font or picture from anywhere else. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f3f4f1; --surface: #ffffff; --raised: #f8f9f6; --line: #dcdfd9; --text: #1b211e; --quiet: #57605b;
  --link: #0a5a8a; --clear: #17714a; --caution: #8a5800; --stop: #b3261e; --off: #626b66;
  --clear-soft: #e3f1e9; --caution-soft: #faeed6; --stop-soft: #fbe6e3; --off-soft: #eceeeb; --unlit: #3f4a44; --head: #232a26;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1311; --surface: #171c19; --raised: #1c2320; --line: #2c3530; --text: #e4e9e6; --quiet: #a0aca5;
    --link: #7cc0ec; --clear: #63cf98; --caution: #e6b455; --stop: #ff8f84; --off: #97a39c;
    --clear-soft: #16301f; --caution-soft: #35290f; --stop-soft: #3d1a17; --off-soft: #222a26; --unlit: #37413b; --head: #050706;
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1520px; padding: 0 24px 32px; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h2 { font-size: 15px; font-weight: 650; letter-spacing: .005em; }
h3 { font-size: 14px; font-weight: 600; display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
small { font-size: 13px; color: var(--quiet); }
code { font: 12.5px/1.4 var(--mono); overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 2px; }
abbr { text-decoration: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sprite { position: absolute; }
.quiet { color: var(--quiet); }
.address { color: var(--quiet); font: 12px/1.5 var(--mono); overflow-wrap: anywhere; }
.clear { --aspect: var(--clear); --soft: var(--clear-soft); }
.caution { --aspect: var(--caution); --soft: var(--caution-soft); }
.stop { --aspect: var(--stop); --soft: var(--stop-soft); }
.off { --aspect: var(--off); --soft: var(--off-soft); }
.icon { width: 14px; height: 14px; flex: none; color: var(--aspect); vertical-align: -2px; }
symbol .fill, .icon .fill { fill: currentColor; }
.fill { fill: currentColor; }
.line { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.dashed { stroke-dasharray: 2.6 2.8; }
.cut { fill: none; stroke: var(--surface); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }

header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 8px 12px; padding: 16px 0; }
.brand { display: flex; align-items: center; gap: 10px; font-size: 16px; }
.mark { color: var(--clear); }
.mark .track { fill: none; stroke: currentColor; stroke-width: 2.6; stroke-linecap: round; }
.mark .point { fill: var(--ground); stroke: currentColor; stroke-width: 2; }
.live { display: flex; align-items: center; gap: 10px; min-height: 32px; }
.live p { display: flex; align-items: center; gap: 6px; color: var(--quiet); font-size: 13px; }
.live p[hidden] { display: none; }
.live .lamp { width: 12px; height: 12px; fill: none; stroke: var(--off); stroke-width: 1.6; }
.live .on .lamp { fill: var(--clear); stroke: var(--clear); }
button { font: inherit; font-size: 13px; color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px; cursor: pointer; }
button:hover { border-color: var(--quiet); }
.hint { margin-bottom: 16px; padding: 8px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }

main { display: grid; gap: 20px 24px; grid-template-columns: minmax(0, 1fr); }
main > *, .facts > * { min-width: 0; }
.overview { display: grid; gap: 16px; }
.verdict { display: flex; align-items: center; gap: 16px; }
.verdict h2 { font-size: 26px; line-height: 1.2; font-weight: 650; letter-spacing: -.012em; }
.verdict .reasons { margin-top: 4px; }
.verdict .sums { color: var(--quiet); }
.signal { flex: none; }
.signal .head { fill: var(--head); stroke: var(--line); }
.signal .lamp { fill: none; stroke: var(--unlit); stroke-width: 1.5; }
.signal .lit { stroke-width: 0; }
.signal .lit.clear { fill: #4fd08c; }
.signal .lit.caution { fill: #f2b73f; }
.signal .lit.stop { fill: #ff6e60; }
.shares { display: block; width: 100%; height: 6px; border-radius: 3px; background: var(--off-soft); }
.shares rect { fill: var(--aspect); }
.shares .off { opacity: .4; }
.counts ul { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 10px; }
.counts a { display: inline-flex; align-items: center; gap: 7px; padding: 3px 11px; border: 1px solid var(--line); border-radius: 999px; background: var(--surface); color: var(--text); text-decoration: none; font-size: 14px; }
.counts a:hover { border-color: var(--quiet); }
.counts a[aria-current] { border-color: var(--text); box-shadow: inset 0 0 0 1px var(--text); }

.facts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(280px, 100%), 1fr)); align-items: start; }
.facts section, .events, .connectors { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.facts section, .events { padding: 14px 16px; }
.source + .source, .source + dl { margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--line); }
.source { margin-top: 10px; }
.tag { padding: 0 8px; border-radius: 999px; font-size: 12.5px; font-weight: 600; color: var(--aspect); background: var(--soft); }
.facts dl { margin-top: 6px; font-size: 13.5px; }
.facts dl > div { display: grid; grid-template-columns: 92px minmax(0, 1fr); gap: 10px; padding: 2px 0; }
.facts dt { color: var(--quiet); }
.facts dd { overflow-wrap: anywhere; }

.bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; padding: 12px 16px; }
.bar form { display: flex; align-items: center; gap: 8px; min-width: 0; }
.bar label { font-size: 13px; color: var(--quiet); }
input[type="search"] { font: inherit; font-size: 14px; width: 220px; min-width: 0; color: var(--text); background: var(--raised); border: 1px solid var(--quiet); border-radius: 6px; padding: 4px 10px; }
input::placeholder { color: var(--quiet); opacity: 1; }
table, thead, tbody { display: block; font-size: 14px; }
tr { display: grid; grid-template-columns: 126px minmax(0, 1fr) 136px 50px 164px; gap: 2px 14px; padding: 9px 16px; border-top: 1px solid var(--line); }
th, td { padding: 0; text-align: left; font-weight: 400; min-width: 0; }
thead tr { padding-block: 5px; background: var(--raised); }
thead th { font-size: 12.5px; color: var(--quiet); white-space: nowrap; }
thead th:last-child { position: absolute; clip-path: inset(50%); }
td small, th small, th code { display: block; overflow-wrap: anywhere; }
.state .word { display: flex; align-items: center; gap: 7px; font-weight: 600; color: var(--aspect); white-space: nowrap; }
.state small { padding-left: 21px; }
.who .name { font-weight: 600; overflow-wrap: anywhere; }
.who code { color: var(--quiet); }
.who .address { font: 12px/1.5 var(--mono); }
.error { grid-column: 2 / -1; overflow-wrap: anywhere; }
.error:has(.nothing) { position: absolute; clip-path: inset(50%); }
.error code { color: var(--aspect); }
.error small { display: inline; }
.error .login { margin-top: 4px; }
td.calls small { font-size: 12.5px; white-space: nowrap; }
.missed { color: var(--stop); }
.nothing { color: var(--quiet); }
.spark { display: block; max-width: 100%; overflow: visible; }
.spark polyline { fill: none; stroke: var(--quiet); stroke-width: 1.3; stroke-linejoin: round; stroke-linecap: round; }
.spark circle { fill: var(--text); }
.spark .miss { stroke: var(--stop); stroke-width: 2; }
.note { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 24px; padding: 10px 16px; border-top: 1px solid var(--line); font-size: 13.5px; color: var(--quiet); }
.note:not(:has(a)):has(p:empty) { display: none; }
.pages { display: flex; gap: 14px; }

.events { display: flex; flex-direction: column; min-height: 0; }
.events ol { margin-top: 8px; overflow-y: auto; max-height: 420px; font-size: 13.5px; scrollbar-width: thin; }
.events li { display: grid; grid-template-columns: auto 14px minmax(0, 1fr); gap: 8px; padding: 5px 2px; border-top: 1px solid var(--line); }
.events li:first-child { border-top: 0; }
.events li > span { grid-column: 3; overflow-wrap: anywhere; }
.events time { font: 12px/1.7 var(--mono); color: var(--quiet); }
.events .icon { margin-top: 3px; }
.events .subject { font-weight: 600; }
.events li small { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; overflow: hidden; }
footer { margin-top: 20px; color: var(--quiet); font-size: 13px; }

@media (prefers-reduced-motion: no-preference) {
  tr.changed { animation: changed 1.6s ease-out; }
  @keyframes changed { from { background: var(--soft); } }
}
@media (min-width: 1180px) {
  main { grid-template-columns: minmax(0, 1fr) 320px; grid-template-areas: "overview overview" "connectors facts" "connectors events"; grid-template-rows: auto auto 1fr; }
  .overview { grid-area: overview; }
  .facts { grid-area: facts; grid-template-columns: minmax(0, 1fr); }
  .connectors { grid-area: connectors; align-self: start; }
  .events { grid-area: events; align-self: start; }
}
@media (max-width: 760px) {
  body { padding: 0 12px 24px; }
  .verdict h2 { font-size: 22px; }
  .bar form { width: 100%; }
  input[type="search"] { flex: 1; width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: 12px 16px; }
  tbody .state { display: flex; justify-content: space-between; gap: 12px; margin-bottom: 4px; }
  .state small { padding: 0; }
  .who { display: block; }
  td[data-label] { display: grid; grid-template-columns: 78px minmax(0, 1fr); column-gap: 12px; margin-top: 6px; }
  td[data-label]::before { content: attr(data-label); grid-row: 1 / span 4; font-size: 13px; color: var(--quiet); }
  td[data-label] > * { grid-column: 2; justify-self: start; }
  td[data-label]:has(> .nothing) { display: none; }
}
@media (forced-colors: active) {
  .icon, .spark, .shares rect, .signal .lamp { forced-color-adjust: none; }
}
@media print {
  body { max-width: none; }
  .live, .bar form, .pages { display: none; }
  .events ol { max-height: none; }
}
`;
