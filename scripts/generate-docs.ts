/** `npm run docs`: writes the pages that are made from code. With --check it only says whether they are current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from '../src/main/observability/instrument-table.ts';
import { ERROR_CODES } from '../src/shared/error-codes.ts';

/** docs/errors.md, out of the table of codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Every error is a \`SwitchyardError\` with a \`code\` out of this table; \`sync()\` and \`loadConnectorServiceMap()\` reject with its
subclass \`ConnectorManifestError\` where the map is at fault. Tell errors apart by \`code\`, never by message; \`cause\` keeps what was
underneath. Codes are only ever added.

This page is made from \`src/shared/error-codes.ts\` by \`npm run docs\`.

| code | what happened | what to do |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** docs/metrics.md, out of the table of instruments. */
export function metricsPage(): string {
  const rows = Object.values(INSTRUMENTS).map(({ kind, name, help, labels }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${labelled} | ${help} |`;
  });
  return `# Metrics

\`getConnectorMetricsRegistry()\` is a prom-client registry with these metrics, Node's default metrics (\`nodejs_…\`, \`process_…\`) and the default labels
\`brand\` and \`component: 'mcp-connectors'\`. \`mcp-switchyard serve\` serves it at \`/metrics\`. Durations are seconds. The \`connector\` label has a value of its own for the first
${MAX_CONNECTOR_LABELS} connectors, then \`other\`; it goes when the connector goes. \`code\` is one of [errors.md](errors.md).

This page is made from \`src/main/observability/instrument-table.ts\` by \`npm run docs\`.

| metric | kind | labels | what it says |
| --- | --- | --- | --- |
${rows.join('\n')}

# Traces

Every \`sync\`, \`load\`, \`connect\` and \`call\` is one operation of a trace; those within another are below it. The trace goes with the task to the worker
thread and, as \`traceparent\` (W3C Trace Context), with the requests for the map and to the connectors.

- **OpenTelemetry**: where the host has \`@opentelemetry/api\` (an optional peer) and has set it up, each operation is a span below the active one.
- **diagnostics_channel**: a \`tracingChannel\` each: \`mcp-switchyard:sync\`, \`:load\`, \`:connect\`, \`:call\`; messages are \`{ operation, attributes, traceparent }\`.
  The channel \`mcp-switchyard:error\` tells of every error as it is made, \`{ error }\`, those that are dealt with too.

Without a subscriber or an OpenTelemetry SDK a trace is marked as not sampled.
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
