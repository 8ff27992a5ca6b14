import { SwitchyardError } from '../../../../shared/errors.ts';
import { hasMask } from '../../../masking/secret-mask.ts';
import type { ExportFormat } from '../../../registry/transfer/export-formats.ts';
import { exportServers } from '../../../registry/transfer/export-servers.ts';
import { mergeOutputFile } from '../../terminal/merge-output-file.ts';
import { EXIT, print, printable, printJson, say } from '../../terminal/output.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { type ShowingOptions, shown } from './list.ts';
import { readServers, registryFile } from './open-registry.ts';

/** Only its owner reads a file with secrets. */
const PRIVATE_MODE = 0o600;

export interface ExportOptions extends ShowingOptions {
  readonly format: ExportFormat;
  /** A file of that client to add the servers to. */
  readonly into?: string;
  /** Replaces a file that is there or, with `into`, servers of the same name that differ. */
  readonly force: boolean;
}

/**
 * Prints the servers as a client's file, with secrets masked by default; writes that file with its secrets, readable
 * by its owner only; or adds them to a file of that client. Resolves with the exit code. Rejects with OPTIONS_INVALID
 * for a file that may not be replaced, or that has a server that may not.
 */
export async function runRegistryExport(file: string | undefined, options: ExportOptions): Promise<number> {
  const { format, into, force, json } = options;
  if (file !== undefined && into !== undefined)
    throw new SwitchyardError('OPTIONS_INVALID', 'Name the file once: as the argument, or with --into');
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
    printJson({ ok: true, path, format, leftOut, isMasked, ...told });
  } else if (target === undefined) print(text);
  for (const { name, members } of unsaid)
    say(`${printable(name)} is there without ${members.join(', ')}: ${format} has no words for it`);
  for (const name of leftOut) say(`${printable(name)} is left out: ${format} cannot reach it`);
  if (target !== undefined)
    say(`Wrote ${servers.length - leftOut.length} servers to ${printable(target)}, ${secrecyOf(into)}`);
  else if (isMasked) say('Secrets are masked; --show-secrets shows them. As it is, this cannot be imported.');
  return EXIT.ok;
}

function secrecyOf(into: string | undefined): string {
  const whom = into === undefined ? ', readable by you alone' : '; its permissions are as before';
  return `secrets in clear${whom}`;
}
