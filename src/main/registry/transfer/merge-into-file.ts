import { applyEdits, modify } from 'jsonc-parser';
import { stringify as stringifyToml } from 'smol-toml';
import { parseDocument } from 'yaml';
import { SwitchyardError } from '../../../shared/errors.ts';
import { ConfigDocument } from '../../local-config/document/config-document.ts';
import { memberOf } from '../../local-config/document/config-node.ts';

/** Servers for one member of a file, by their names. */
export interface ServersToMerge {
  /** `mcpServers`. */
  readonly key: string;
  readonly entries: Readonly<Record<string, object>>;
}

/**
 * The text of an existing file with these servers in it, each in the place of one of its name. Comments, order and
 * everything else stay; TOML, which is appended to, takes new names alone. Throws CONFIG_INVALID where the text is not
 * of its format or its member is no object, OPTIONS_INVALID for a name that a TOML file has already.
 */
export function mergeIntoFile(text: string, source: string, servers: ServersToMerge): string {
  const document = new ConfigDocument(text, source);
  const { key, entries } = servers;
  const present = memberOf(document.root, key);
  const isObject = document.root.type === 'object' && (present === undefined || present.type === 'object');
  if (!isObject) throw document.invalid(present?.offset ?? 0, `${key} must be an object of servers`);
  switch (document.format) {
    case 'json':
      return intoJson(text, key, entries);
    case 'yaml':
      return intoYaml(text, key, entries);
    case 'toml': {
      const known = Object.keys(entries).find((name) => present !== undefined && memberOf(present, name) !== undefined);
      if (known === undefined) return `${text.trimEnd()}\n\n${stringifyToml({ [key]: entries }).trim()}\n`;
      const message = `${source} has a server ${JSON.stringify(known)} already; TOML files are only added to`;
      throw new SwitchyardError('OPTIONS_INVALID', message);
    }
  }
}

function intoJson(text: string, key: string, entries: ServersToMerge['entries']): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const formattingOptions = { insertSpaces: !indent.startsWith('\t'), tabSize: indent.length, eol };
  return Object.entries(entries).reduce(
    (edited, [name, entry]) => applyEdits(edited, modify(edited, [key, name], entry, { formattingOptions })),
    text,
  );
}

function intoYaml(text: string, key: string, entries: ServersToMerge['entries']): string {
  const document = parseDocument(text);
  for (const [name, entry] of Object.entries(entries)) document.setIn([key, name], document.createNode(entry));
  return document.toString({ lineWidth: 0 });
}
