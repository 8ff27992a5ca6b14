/**
 * A host that starts without a gateway: `node direct-start-process.ts URLS`, where URLS is JSON. Connects to each
 * server with the SDK, lists its tools, and prints the number of all tools.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const urls = JSON.parse(process.argv[2] ?? '[]') as readonly string[];
const lists = await Promise.all(
  urls.map(async (url) => {
    const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return (await client.listTools()).tools.length;
  }),
);
process.stdout.write(`${lists.reduce((sum, count) => sum + count, 0)}\n`, () => process.exit());
