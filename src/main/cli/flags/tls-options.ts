import { readFileSync } from 'node:fs';
import { codeOf } from '../../../shared/errors.ts';
import type { TlsOptions } from '../../options/network-options.ts';
import { misuse } from './option-values.ts';

/** Paths of the files given with `--ca`, `--cert` and `--cert-key`. */
export interface TlsFlags {
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
}

/** Reads the file whose path was given with an option. */
function readNamed(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw misuse(`Cannot read the file ${path} of ${option} (${codeOf(error) ?? 'unknown'})`);
  }
}

/**
 * Returns the TLS options for these flags; undefined without any of the flags. Throws OPTIONS_INVALID for a file that
 * cannot be read.
 */
export function tlsOptions({ ca, cert, certKey }: TlsFlags): TlsOptions | undefined {
  if (ca === undefined && cert === undefined && certKey === undefined) return undefined;
  const read = (path: string | undefined, option: string): string | undefined =>
    path === undefined ? undefined : readNamed(path, option);
  return { ca: read(ca, '--ca'), cert: read(cert, '--cert'), key: read(certKey, '--cert-key') };
}
