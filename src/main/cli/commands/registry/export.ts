import { SwitchyardError } from '../../../../shared/errors.ts';
import { hasMask } from '../../../masking/secret-mask.ts';
import type { ExportFormat } from '../../../registry/transfer/export-formats.ts';
import { exportServers } from '../../../registry/transfer/export-servers.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { mergeOutputFile } from '../../terminal/merge-output-file.ts';
import { counted, EXIT, print, printable, say } from '../../terminal/output.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { type ShowingOptions, shown } from './list.ts';
import { readServers, registryFile } from './open-registry.ts';

/** Mode of a file with secrets, which only its owner may read and write. */
const PRIVATE_MODE = 0o600;

export interface ExportOptions extends ShowingOptions {
  readonly format: ExportFormat;
  /** Path of a client's configuration file, to which the servers are added. */
  readonly into?: string;
  /**
   * Whether to replace an existing file. With `into`: whether to replace servers that have the same name and other
   * content.
   */
  readonly force: boolean;
}

/**
 * Prints the servers in the format of a client, with masked secrets by default. With `file`, writes them to a new file
 * that only the owner can read, including the secrets. With `into`, adds them to a file of the client, including the
 * secrets. Resolves with the exit code. Rejects with OPTIONS_INVALID if the file, or a server in it, would have to be
 * replaced and `force` is false.
 */
export async function runRegistryExport(file: string | undefined, options: ExportOptions): Promise<number> {
  const { format, into, force, json } = options;
  if (file !== undefined && into !== undefined)
    throw new SwitchyardError('OPTIONS_INVALID', 'Name the file only once: as the argument, or with --into');
  const path = registryFile(options);
  const servers = [...(await readServers(path)).values()];
  const target = into ?? (file === '-' ? undefined : file);
  const seen = servers.map((server) => shown(server, { showSecrets: target !== undefined || options.showSecrets }));
  const written = exportServers(seen, format);
  const { document, text, leftOut, unsaid } = written;
  const isMasked = hasMask(document);
  if (into !== undefined) mergeOutputFile(into, written, { mode: PRIVATE_MODE, mayReplace: force });
  else if (target !== undefined) writeOutputFile(target, text, { mode: PRIVATE_MODE, mayReplace: force });
  if (json) {
    const told = target === undefined ? { document } : { file: target };
    answerJson({ path, format, leftOut, isMasked, ...told });
  } else if (target === undefined) print(text);
  for (const { name, members } of unsaid)
    say(`${printable(name)} is written without ${members.join(', ')}: ${format} cannot express that`);
  for (const name of leftOut) say(`${printable(name)} is left out: ${format} cannot reach it`);
  if (target !== undefined)
    say(`Wrote ${counted(servers.length - leftOut.length, 'server')} to ${printable(target)}, ${secrecyOf(into)}`);
  else if (isMasked) say('Secrets are masked, so this cannot be imported; --show-secrets shows them.');
  return EXIT.ok;
}

function secrecyOf(into: string | undefined): string {
  const whom = into === undefined ? ', readable only by you' : '; its permissions are as before';
  return `with secrets in clear text${whom}`;
}
