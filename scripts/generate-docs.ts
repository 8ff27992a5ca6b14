/**
 * `npm run docs`: writes the pages that are generated from code. `--check` only reports whether these pages are up to
 * date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from '../src/main/observability/instrument-table.ts';
import { ERROR_CODES } from '../src/shared/error-codes.ts';
import { apiPage } from './api-reference/api-page.ts';

/** Returns the text of docs/errors.md, generated from the table of error codes. */
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

/** Returns the text of docs/metrics.md, generated from the table of instruments. */
export function metricsPage(): string {
  const rows = Object.values(INSTRUMENTS).map(({ kind, name, help, labels }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelled} | ${help} |`;
  });
  return `# Metrics

A host can read the metrics of this package from a registry of prom-client. This program prints one metric:

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

\`npx mcp-switchyard serve\` serves the same registry at \`/metrics\`. The registry also contains the default metrics of
Node.js (\`nodejs_…\`, \`process_…\`). Every metric has the default label \`component: 'mcp-connectors'\`; the option
\`compat\` adds the label \`brand\`. Durations are in seconds.

The first ${MAX_CONNECTOR_LABELS} connectors have their own value of the label \`connector\`; all other connectors share the value
\`other\`. When a connector is removed, its value of the label is removed too. The label \`code\` is one of the codes of
[errors.md](errors.md).

The folder [dashboards](dashboards) contains a Grafana dashboard and Prometheus alerts.

## Table of metrics

This page is generated from \`src/main/observability/instrument-table.ts\` by \`npm run docs\`.

| metric | kind | labels | what it measures |
| --- | --- | --- | --- |
${rows.join('\n')}

## Traces

This package also makes OpenTelemetry traces, and publishes its operations on \`diagnostics_channel\`. If the host has a
meter provider, durations are recorded there as histograms of the OpenTelemetry conventions.
[traces.md](traces.md) describes the traces, the channels and the histograms.
`;
}

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/api.md': () => apiPage(fileURLToPath(new URL('../', import.meta.url))),
  'docs/errors.md': errorsPage,
  'docs/metrics.md': metricsPage,
};

async function main(isCheck: boolean): Promise<void> {
  for (const [path, render] of Object.entries(PAGES)) {
    const text = await render();
    if (!isCheck) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      process.stderr.write(`${path} is out of date; run: npm run docs\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.includes('--check'));
