import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { Children } from '../../src/main/cli/demo/children.ts';

/** The real servers of the demo, from npm, for as long as the scope lives. */
export class NpmServers implements Disposable {
  readonly #children = new Children();

  async everythingOverHttp(): Promise<string> {
    const bin = binOf('@modelcontextprotocol/server-everything', 'mcp-server-everything');
    return `http://127.0.0.1:${await this.#children.startOnPort(
      bin,
      () => ['streamableHttp'],
      (port) => ({ PORT: String(port) }),
    )}/mcp`;
  }

  async everythingOverSse(): Promise<string> {
    const bin = binOf('@modelcontextprotocol/server-everything', 'mcp-server-everything');
    return `http://127.0.0.1:${await this.#children.startOnPort(
      bin,
      () => ['sse'],
      (port) => ({ PORT: String(port) }),
    )}/sse`;
  }

  async memoryBehindProxy(): Promise<string> {
    const memory = binOf('@modelcontextprotocol/server-memory', 'mcp-server-memory');
    const args = (port: number): string[] => [
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--',
      process.execPath,
      memory,
    ];
    return `http://127.0.0.1:${await this.#children.startOnPort(binOf('mcp-proxy', 'mcp-proxy'), args)}/mcp`;
  }

  [Symbol.dispose](): void {
    this.#children.stop();
  }
}

function binOf(name: string, command: string): string {
  const manifestPath = findPackageJSON(name, import.meta.url);
  if (manifestPath === undefined) throw new Error(`${name} is not installed`);
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { bin: Record<string, string> };
  return join(dirname(manifestPath), bin[command] ?? '');
}
