/** `npm run docs`: writes the pages that are generated from code. `--check` only reports whether they are current. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from '../src/main/observability/instrument-table.ts';
import { ERROR_CODES } from '../src/shared/error-codes.ts';
import { apiPage } from './api-reference/api-page.ts';

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

\`getConnectorMetricsRegistry()\` returns a prom-client registry with these metrics, Node's default metrics
(\`nodejs_…\`, \`process_…\`) and the default label \`component: 'mcp-connectors'\`; the option \`compat\` adds the label
\`brand\`. \`mcp-switchyard serve\` serves it at \`/metrics\`. Durations are in seconds.

The first ${MAX_CONNECTOR_LABELS} connectors have their own value of the label \`connector\`; all others share the value \`other\`.
A value is removed with its connector. \`code\` is one of [errors.md](errors.md).

This page is generated from \`src/main/observability/instrument-table.ts\` by \`npm run docs\`.

| metric | kind | labels | what it measures |
| --- | --- | --- | --- |
${rows.join('\n')}

# Traces

One trace goes from a client through the gateway, or from a host, to the connector. A request is the child of the
context in its \`_meta\` (\`traceparent\`, \`tracestate\`, \`baggage\`: SEP-414), or else in its HTTP headers. If both are
present, \`_meta\` is the parent and the context of the transport is a link. A connector gets the context of our own span,
in \`_meta\` and in the headers, over Streamable HTTP, SSE and stdio alike; \`baggage\` is forwarded. A malformed
value is ignored. \`manager.callTool\` and \`manager.request\` also take a parent in the \`_meta\` of their parameters.

Where traces go:

- **OpenTelemetry**: the host needs \`@opentelemetry/api\` (an optional peer) and an SDK of its choice, which also exports.
- **diagnostics_channel**: one \`tracingChannel\` each for \`mcp-switchyard:sync\`, \`:load\`, \`:connect\` and \`:call\`.
  Messages are \`{ operation, attributes, traceparent }\`. The channel \`mcp-switchyard:error\` publishes every error when
  it is created, as \`{ error }\`, including errors that are handled.
- **Without a listener**: the trace id, the flags and the \`tracestate\` of a client are forwarded unchanged, with a new
  span id. A trace of our own is then marked as not sampled, and only sent in the headers.

## Spans

Names, kinds and attributes are those of the [OpenTelemetry semantic conventions for MCP][conventions].

| span | kind | what it covers |
| --- | --- | --- |
| \`tools/call NAME\`, \`prompts/get NAME\`, any other method | server | a request or a notification of a client of the gateway |
| \`tools/call CONNECTOR.NAME\` | client | a tool call, from the manager to the response; its first request adds its attributes |
| any other method | client | a request or a notification to a connector, and each further request of the same call |
| \`roots/list\`, \`sampling/createMessage\`, \`elicitation/create\` | server, client | a request by a connector, and the same request as the gateway sends it to its client |
| \`connector sync\`, \`service map load\`, \`connector bring-up\`, \`connector relist\` | internal | work of the manager |

| attribute | |
| --- | --- |
| \`mcp.method.name\` | \`_OTHER\` for a method that MCP does not define |
| \`gen_ai.tool.name\`, \`gen_ai.prompt.name\`, \`gen_ai.operation.name\` | left out if there is no tool or prompt of that name |
| \`mcp.protocol.version\`, \`network.transport\`, \`network.protocol.name\`, \`server.address\`, \`server.port\` | |
| \`jsonrpc.request.id\`, \`mcp.session.id\` | spans only; revision 2026-07-28 has no sessions |
| \`mcp.resource.uri\` | spans only; without user, password, query and fragment |
| \`error.type\` | the JSON-RPC code, the HTTP status, \`tool_error\`, \`cancelled\`, or a code of [errors.md](errors.md) or of Node |
| \`rpc.response.status_code\` | the JSON-RPC code of an error response |

No attribute contains an argument, a result or an error message. The description of a failed span's status is a code of
[errors.md](errors.md). The message of the response is left out, because connectors may repeat their input in it.

These have no span: \`subscriptions/listen\`, because it stays open for hours; notifications to a client or from a
connector, because a call may cause thousands; and \`notifications/cancelled\` to a connector. If the host has
instrumented undici and records a request, that instrumentation sends the headers.

## Durations

If the host has a meter provider, these histograms are also recorded there. They are in seconds, with the buckets and the
attributes of the conventions. The metrics of the table above do not change.

| histogram | |
| --- | --- |
| \`mcp.server.operation.duration\` | a request or a notification of a client of the gateway |
| \`mcp.client.operation.duration\` | a request or a notification to a connector |
| \`mcp.server.session.duration\` | the session of a client of the gateway, up to revision 2025-11-25 |
| \`mcp.client.session.duration\` | a connection to a connector, from when it is up; \`error.type\` if it broke |

[benchmarks.md](benchmarks.md#npm-run-bench----tracing) shows what a trace costs.

[conventions]: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
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
