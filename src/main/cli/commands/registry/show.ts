import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable } from '../../terminal/output.ts';
import { type ShowingOptions, shown } from './list.ts';
import { readServers, registryFile, unknownServer } from './open-registry.ts';
import { bringUpRemarks } from './remarks.ts';

/**
 * Shows all settings of one server, and the problems that would prevent it from starting. Resolves with the exit code.
 */
export async function runRegistryShow(name: string, options: ShowingOptions): Promise<number> {
  const path = registryFile(options);
  const servers = await readServers(path);
  const server = servers.get(name);
  if (server === undefined) throw unknownServer(name, servers.keys());
  const seen = shown(server, options);
  const remarks = bringUpRemarks(server, path);
  if (options.json) answerJson({ path, server: seen, remarks });
  else
    print(
      [...Object.entries(seen).flatMap(lines), ...remarks.map((it) => `\n${printable(it)}`)]
        .map((it) => `${it}\n`)
        .join(''),
    );
  return EXIT.ok;
}

function lines([name, value]: [string, unknown]): string[] {
  const title = printable(name).padEnd(11);
  if (typeof value !== 'object' || value === null) return [`${title} ${printable(String(value))}`];
  const rows = Array.isArray(value)
    ? value.map((item) => textOf(item))
    : Object.entries(value).map(([key, item]) => `${key}: ${textOf(item)}`);
  return rows.map((row, index) => `${index === 0 ? title : ' '.repeat(11)} ${printable(row)}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
