import { answerJson } from '../terminal/json-document.ts';
import { EXIT, print } from '../terminal/output.ts';
import { renderTable } from '../terminal/render-table.ts';
import { CLIENTS, type Machine } from './client-files.ts';
import { type FoundFile, findFiles } from './find-files.ts';

/**
 * Lists the servers in the configuration files of all clients on this machine. Starts no server. Resolves with the exit
 * code.
 */
export async function runDiscover({ json }: { readonly json: boolean }): Promise<number> {
  const machine: Machine = { platform: process.platform, env: process.env, cwd: process.cwd() };
  const files = await findFiles(CLIENTS, machine);
  if (json) answerJson({ files });
  else {
    print(renderTable(['file', 'client', 'servers'], files.map(rowOf)));
    print(`\n${files.length} ${files.length === 1 ? 'file' : 'files'}; \`--from CLIENT,…\` uses those of a client\n`);
  }
  return EXIT.ok;
}

function rowOf({ path, client, level, servers, problem }: FoundFile): readonly string[] {
  const shown = problem ?? (servers.length === 0 ? '-' : servers.join(', '));
  return [path, level === 'user' ? client : `${client} (this folder)`, shown];
}
