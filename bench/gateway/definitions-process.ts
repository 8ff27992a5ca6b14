/**
 * A legacy server with a given number of tools. Its tool list is serialized in advance. Prints its port, and runs until
 * it is killed.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

/** Creates a typical tool with five arguments and annotations. Every third tool also has an output schema. */
function toolOf(index: number): Json {
  const properties = Object.fromEntries(
    ['owner', 'repository', 'path', 'limit', 'options'].map((name) => [
      name,
      { type: name === 'limit' ? 'integer' : 'string', description: `The ${name} that the tool works with.` },
    ]),
  );
  const schema = { type: 'object', properties, required: ['owner', 'repository'], additionalProperties: false };
  return {
    name: `tool_${index}`,
    title: `Tool ${index}`,
    description: 'Reads a file of a repository, and says who changed it last. '.repeat(4),
    inputSchema: schema,
    annotations: { title: `Tool ${index}`, readOnlyHint: true, openWorldHint: false },
    ...(index % 3 === 0 && { outputSchema: { ...schema, $defs: { item: schema } } }),
  };
}

const tools = Array.from({ length: Number(process.argv[2]) }, (_, index) => toolOf(index));
const RESULTS: Readonly<Record<string, string>> = {
  initialize: JSON.stringify({
    ...{ protocolVersion: '2025-11-25', capabilities: { tools: {} } },
    serverInfo: { name: 'bench', version: '1' },
  }),
  'tools/list': JSON.stringify({ tools }),
};

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { id?: number; method?: string };
  const result = RESULTS[method ?? ''];
  if (result === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
  response.setHeader('content-type', 'application/json');
  response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
