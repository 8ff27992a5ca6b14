/**
 * `npm run docs`: writes the pages that are generated from code. `--check` only reports whether the pages are current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from '../src/main/observability/instrument-table.ts';
import { ERROR_CODES } from '../src/shared/error-codes.ts';

/** Returns docs/errors.md, from the table of codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Every error is a \`SwitchyardError\` with a \`code\` from this table. \`sync()\` and \`loadConnectorServiceMap()\` reject
with its subclass \`ConnectorManifestError\` if the map is at fault. Distinguish errors by \`code\`, never by message;
\`cause\` is the underlying error. New versions only add codes.

This page is generated from \`src/shared/error-codes.ts\` by \`npm run docs\`.

| code | what happened | what to do |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** Returns docs/metrics.md, from the table of instruments. */
export function metricsPage(): string {
  const rows = Object.values(INSTRUMENTS).map(({ kind, name, help, labels }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelled} | ${help} |`;
  });
  return `# Metrics

A host reads its metrics from a registry of prom-client:

\`\`\`ts
import { ConnectorProxyManager, getConnectorMetricsRegistry } from 'mcp-switchyard';

await using manager = new ConnectorProxyManager({ configFile: '.mcp.json' });
await manager.sync();
console.log(await getConnectorMetricsRegistry().getSingleMetricAsString('mcp_connectors'));
\`\`\`

\`\`\`text
# HELP mcp_connectors Connectors by state.
# TYPE mcp_connectors gauge
mcp_connectors{state="ready",component="mcp-connectors"} 1
\`\`\`

\`mcp-switchyard serve\` serves the same registry at \`/metrics\`. It also contains the default metrics of Node.js
(\`nodejs_…\`, \`process_…\`). Every metric has the default label \`component: 'mcp-connectors'\`; the option \`compat\`
adds the label \`brand\`. Durations are in seconds.

The first ${MAX_CONNECTOR_LABELS} connectors have their own value of the label \`connector\`; all others share the value \`other\`.
A value is removed with its connector. \`code\` is one of [errors.md](errors.md).

[dashboards](dashboards) has a Grafana dashboard and Prometheus alerts.

## Table of metrics

This page is generated from \`src/main/observability/instrument-table.ts\` by \`npm run docs\`.

| metric | kind | labels | what it measures |
| --- | --- | --- | --- |
${rows.join('\n')}

## Traces

[traces.md](traces.md) describes traces, spans and the OpenTelemetry histograms.
`;
}

const PAGES: Readonly<Record<string, () => string>> = { 'docs/errors.md': errorsPage, 'docs/metrics.md': metricsPage };

function main(isCheck: boolean): void {
  for (const [path, render] of Object.entries(PAGES)) {
    const text = render();
    if (!isCheck) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      process.stderr.write(`${path} is out of date; run: npm run docs\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.includes('--check'));
