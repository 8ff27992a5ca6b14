import { Children } from '../../src/main/cli/demo/children.ts';
import { packageBin } from '../../src/main/cli/demo/package-bin.ts';

/** The real npm packages that the `demo` command also starts. They run until their scope ends. */
export class NpmServers implements Disposable {
  readonly #children = new Children();

  async everythingOverHttp(): Promise<string> {
    return `${await this.#everything('streamableHttp')}/mcp`;
  }

  async everythingOverSse(): Promise<string> {
    return `${await this.#everything('sse')}/sse`;
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

  async #everything(transport: string): Promise<string> {
    const bin = binOf('@modelcontextprotocol/server-everything', 'mcp-server-everything');
    const env = (port: number): NodeJS.ProcessEnv => ({ PORT: String(port) });
    return `http://127.0.0.1:${await this.#children.startOnPort(bin, () => [transport], env)}`;
  }

  [Symbol.dispose](): void {
    this.#children.stop();
  }
}

function binOf(name: string, command: string): string {
  const bin = packageBin(name, command);
  if (bin === null) throw new Error(`${name} is not installed`);
  return bin;
}
