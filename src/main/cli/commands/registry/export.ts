import { hasMask } from '../../../masking/secret-mask.ts';
import { type ExportFormat, exportServers } from '../../../registry/transfer/export-servers.ts';
import { EXIT, print, printable, printJson, say } from '../../terminal/output.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { type ShowingOptions, shown } from './list.ts';
import { readServers, registryFile } from './open-registry.ts';

export interface ExportOptions extends ShowingOptions {
  readonly format: ExportFormat;
  /** Over a file that is there. */
  readonly force: boolean;
}

/**
 * Prints the servers as a client's file, with secrets masked by default; or writes that file with its secrets,
 * readable by its owner only. Resolves with the exit code.
 */
export async function runRegistryExport(file: string | undefined, options: ExportOptions): Promise<number> {
  const path = registryFile(options);
  const servers = [...(await readServers(path)).values()];
  const isFile = file !== undefined && file !== '-';
  const seen = servers.map((server) => shown(server, { showSecrets: isFile || options.showSecrets }));
  const { document, text, leftOut, unsaid } = exportServers(seen, options.format);
  const isMasked = hasMask(document);
  if (isFile) writeOutputFile(file, text, { mode: 0o600, mayReplace: options.force });
  if (options.json)
    printJson({ ok: true, path, format: options.format, leftOut, isMasked, ...(isFile ? { file } : { document }) });
  else if (!isFile) print(text);
  for (const { name, members } of unsaid)
    say(`${printable(name)} is there without ${members.join(', ')}: ${options.format} has no words for it`);
  for (const name of leftOut) say(`${printable(name)} is left out: ${options.format} cannot reach it`);
  if (isFile)
    say(
      `Wrote ${servers.length - leftOut.length} servers to ${printable(file)}, secrets in clear, readable by you alone`,
    );
  else if (isMasked) say('Secrets are masked; --show-secrets shows them. As it is, this cannot be imported.');
  return EXIT.ok;
}
