import { stringify as stringifyToml } from 'smol-toml';
import { stringify as stringifyYaml } from 'yaml';
import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { type ClientWriter, WRITERS } from './client-writers.ts';
import type { ExportFormat } from './export-formats.ts';
import type { ServersToMerge } from './merge-into-file.ts';

/** The members of one server that the format of a client does not support. */
interface Unsaid {
  readonly name: string;
  readonly members: readonly string[];
}

/** An export, and what its format does not support. */
export interface Export {
  readonly document: object;
  /** Text of the document, in the syntax of the client's file: JSON, TOML or YAML. */
  readonly text: string;
  /**
   * The same servers in a form that can be merged into an existing file of the client; null for the registry's own
   * format.
   */
  readonly toMerge: ServersToMerge | null;
  /** Names of the servers that are not in the export. */
  readonly leftOut: readonly string[];
  /** Servers that are in the export, each with the names of its members that are left out. */
  readonly unsaid: readonly Unsaid[];
}

/** Exports servers in the format of one client, or in the registry's own format. */
export function exportServers(servers: readonly ServerInfo[], format: ExportFormat): Export {
  if (format === 'servers')
    return { document: { servers }, text: json({ servers }), toMerge: null, leftOut: [], unsaid: [] };
  const writer = WRITERS[format];
  const written = servers.map((server) => ({ name: server.name, entry: writer.write(server) }));
  const said = written.flatMap(({ name, entry }) => (entry === null ? [] : [{ name, ...entry }]));
  const entries = Object.fromEntries(said.map(({ name, members }) => [name, members]));
  const document = { ...writer.besides, [writer.key]: entries };
  return {
    document,
    text: textOf(document, writer),
    toMerge: { key: writer.key, entries },
    leftOut: written.flatMap(({ name, entry }) => (entry === null ? [name] : [])),
    unsaid: said.flatMap(({ name, unsaid }) => (unsaid.length > 0 ? [{ name, members: unsaid }] : [])),
  };
}

function textOf(document: object, { syntax }: ClientWriter): string {
  if (syntax === 'toml') return `${stringifyToml(document).trimEnd()}\n`;
  return syntax === 'yaml' ? stringifyYaml(document, { lineWidth: 0 }) : json(document);
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
