import { figures, percentile, type Report, type Row, ratioOf, type Section } from './report-figures.ts';

const WIDTH = 640;
const LANE = 26;
const LABEL = 120;

const STYLE = `:root { color-scheme: light dark }
:root { --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --dot: #0550ae; --mid: #bc4c00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --dot: #79c0ff; --mid: #ffa657 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
svg { max-width: 100%; height: auto } text { font: 12px system-ui, sans-serif; fill: var(--ink) }
code { overflow-wrap: anywhere } h2 { margin-top: 2.5rem }
`;

/** Maximum number of dots that a plot shows for one row. More dots would hide each other. */
const MAX_DOTS = 400;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Renders the report as one HTML page without external files, with tables and a plot for each metric. */
export function htmlOf(report: Report): string {
  const { name, question, date, command, commit, machine, node, sections } = report;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}: benchmark of mcp-switchyard</title><style>
${STYLE}</style></head><body><main>
<h1>${escapeHtml(name)}</h1><p>${escapeHtml(question)}</p>
<p>${escapeHtml([date, machine, `Node ${node}`, `commit ${commit}`].join(' · '))}<br>
<code>${escapeHtml(command)}</code></p>
${sections.map(sectionOf).join('\n')}
</main></body></html>
`;
}

function sectionOf({ title, rows, notes = [] }: Section): string {
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const body = rows.map((row) => {
    const cells = [row.metric, row.way, ...figures(row.samples), row.unit, ratioOf(row, rows)];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  const head = ['', 'way', 'n', 'p50', 'p95', 'p99', 'min', 'max', 'unit', 'to baseline'];
  return `<section><h2>${escapeHtml(title)}</h2>
<div class="scroll"><table><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead>
<tbody>${body.join('')}</tbody></table></div>
${metrics
  .map((metric) =>
    plotOf(
      metric,
      rows.filter((row) => row.metric === metric),
    ),
  )
  .join('\n')}
${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}</section>`;
}

/**
 * Renders a plot with one lane for each row. Each dot is a sample of the row, and the bar is the median of the samples.
 */
function plotOf(metric: string, rows: readonly Row[]): string {
  const most = Math.max(...rows.flatMap(({ samples }) => samples.map(Math.abs)), Number.MIN_VALUE);
  if (rows.every(({ samples }) => samples.length < 2)) return '';
  const x = (value: number): string => (LABEL + (Math.max(0, value) / most) * (WIDTH - LABEL - 10)).toFixed(1);
  const lanes = rows.map(({ way, samples }, lane) => {
    const y = LANE * lane + LANE / 2;
    const step = Math.ceil(samples.length / MAX_DOTS);
    const dots = samples.filter((_, index) => index % step === 0);
    const circles = dots.map(
      (value) => `<circle cx="${x(value)}" cy="${y}" r="3" fill="var(--dot)" fill-opacity=".45"/>`,
    );
    const middle = x(percentile(samples, 0.5));
    const ends = `x1="${middle}" x2="${middle}" y1="${y - 9}" y2="${y + 9}"`;
    const bar = `<line ${ends} stroke="var(--mid)" stroke-width="3"/>`;
    return `<text x="0" y="${y + 4}">${escapeHtml(way)}</text>${circles.join('')}${bar}`;
  });
  const height = LANE * rows.length + 20;
  const end = `${most.toPrecision(3)} ${rows[0]?.unit ?? ''}`;
  const label = `${metric}: 0 to ${end}`;
  return `<figure><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">${lanes.join('')}
<text x="${LABEL}" y="${height - 4}">0</text>
<text x="${WIDTH}" y="${height - 4}" text-anchor="end">${escapeHtml(end)}</text></svg>
<figcaption>${escapeHtml(metric)}</figcaption></figure>`;
}
