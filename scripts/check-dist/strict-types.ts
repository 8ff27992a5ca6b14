import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../run-command.ts';

/** The versions of TypeScript that users have, by the names under which they are installed. */
const COMPILERS = { typescript5: '5.9.3', typescript7: '7.0.2' } as const;

const RESOLUTIONS = [
  ['node16', 'node16'],
  ['esnext', 'bundler'],
] as const;

/**
 * A TypeScript program that uses the package. Each `@ts-expect-error` fails if the declarations cannot be resolved, or
 * if a type has become `any`.
 */
const CALLER = `
import { ConnectorProxyManager, type ToolInfo } from 'mcp-switchyard';
import { readAll, type ServerInfo } from 'mcp-switchyard/fs-store';
import { Gateway, listenHttp } from 'mcp-switchyard/gateway';
// @ts-expect-error a number is no URL
new ConnectorProxyManager({ serviceMapUrl: 7, signatureKey: 'k' });
export const manager = new ConnectorProxyManager({ configFile: 'mcp.json' });
export const tools: readonly ToolInfo[] = manager.listTools();
// @ts-expect-error a tool has no such member
tools[0]?.nonsense;
// @ts-expect-error a gateway is made for a manager
new Gateway({ manager: 'none' });
export const servers: Promise<ServerInfo[]> = readAll();
export { listenHttp };
`;

/**
 * Compiles a program in `folder`, in which the package is installed, with the strictest settings. The compiler checks
 * all declaration files, including those of our dependencies, and does not load the library `dom`. If the compilation
 * fails, throws an error with the output of the compiler.
 */
export function checkStrictTypes(folder: string, install: (...what: readonly string[]) => void): void {
  const aliases = Object.entries(COMPILERS).map(([name, version]) => `${name}@npm:typescript@${version}`);
  install(...aliases, '@types/node@24');
  writeFileSync(join(folder, 'caller.ts'), CALLER);
  const strict = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', 'es2022'];
  for (const name of Object.keys(COMPILERS)) {
    const compiler = join(folder, 'node_modules', name, 'bin', 'tsc');
    for (const [module, resolution] of RESOLUTIONS) {
      const how = ['--module', module, '--moduleResolution', resolution, '--types', 'node', 'caller.ts'];
      capture(process.execPath, [compiler, ...strict, ...how], { cwd: folder });
    }
  }
}
