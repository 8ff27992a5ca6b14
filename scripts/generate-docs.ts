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

One trace goes from a client through the gateway, or from a host, to the connector. A request is the child of what it
carries in \`_meta\` (\`traceparent\`, \`tracestate\`, \`baggage\`: SEP-414), or else of its HTTP headers. If both are
there, \`_meta\` is the parent and the context of the transport is a link. A connector gets the context of our own span,
in \`_meta\` and in the headers, over Streamable HTTP, SSE and stdio alike; \`baggage\` is passed on. A malformed value
counts as absent. \`manager.callTool\` and \`manager.request\` also take a parent in the \`_meta\` of their parameters.

Who listens to it:

- **OpenTelemetry**: the host needs \`@opentelemetry/api\` (an optional peer) and an SDK of its choice, which also exports.
- **diagnostics_channel**: a \`tracingChannel\` each: \`mcp-switchyard:sync\`, \`:load\`, \`:connect\`, \`:call\`. Messages
  are \`{ operation, attributes, traceparent }\`. The channel \`mcp-switchyard:error\` tells of every error as it is made,
  \`{ error }\`, also of errors that are dealt with.
- **Nobody**: the trace id, the flags and the \`tracestate\` of a client go on unchanged, under a new span id. A trace of
  our own is then marked as not sampled, and goes out in the headers alone.

## Spans

Names, kinds and attributes are those of the [OpenTelemetry semantic conventions for MCP][conventions].

| span | kind | what it covers |
| --- | --- | --- |
| \`tools/call NAME\`, \`prompts/get NAME\`, any other method | server | a request or a notification of a client of the gateway |
| \`tools/call CONNECTOR.NAME\` | client | a call of a tool, from the manager to the answer; its first request adds its attributes |
| any other method | client | a request or a notification to a connector, and each further request of the same call |
| \`roots/list\`, \`sampling/createMessage\`, \`elicitation/create\` | server, client | a question of a connector, and the same as the gateway asks its client |
| \`connector sync\`, \`service map load\`, \`connector bring-up\`, \`connector relist\` | internal | work of the manager |

| attribute | |
| --- | --- |
| \`mcp.method.name\` | \`_OTHER\` for a method that MCP does not have |
| \`gen_ai.tool.name\`, \`gen_ai.prompt.name\`, \`gen_ai.operation.name\` | left out if there is no tool or prompt of that name |
| \`mcp.protocol.version\`, \`network.transport\`, \`network.protocol.name\`, \`server.address\`, \`server.port\` | |
| \`jsonrpc.request.id\`, \`mcp.session.id\` | spans only; revision 2026-07-28 has no sessions |
| \`mcp.resource.uri\` | spans only; without user, password, query and fragment |
| \`error.type\` | the JSON-RPC code, the HTTP status, \`tool_error\`, \`cancelled\`, or a code of [errors.md](errors.md) or of Node |
| \`rpc.response.status_code\` | the JSON-RPC code of an error that was answered |

No attribute holds an argument, a result or an error message. The status of a failed span has a code of
[errors.md](errors.md) as its description, not the message of the answer: connectors repeat in it what they were sent.
\`subscriptions/listen\`, which stays open for hours, has no span. Nor has a notification to a client or from a
connector, since a call may bring thousands of them, or a \`notifications/cancelled\` to a connector. If the host has undici instrumented and records a
request, that instrumentation sends the headers.

## Durations

If the host has a meter provider, these histograms are recorded there too. They are in seconds, with the buckets and the
attributes of the conventions. The metrics of the table above do not change.

| histogram | |
| --- | --- |
| \`mcp.server.operation.duration\` | a request or a notification of a client of the gateway |
| \`mcp.client.operation.duration\` | a request or a notification to a connector |
| \`mcp.server.session.duration\` | the session of a client of the gateway, up to revision 2025-11-25 |
| \`mcp.client.session.duration\` | a connection to a connector, from when it is up; \`error.type\` if it broke |

What a trace costs is in [benchmarks.md](benchmarks.md#npm-run-bench----tracing).

[conventions]: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
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
