import { applyEdits, modify } from 'jsonc-parser';
import { stringify as stringifyToml } from 'smol-toml';
import { parseDocument } from 'yaml';
import { SwitchyardError } from '../../../shared/errors.ts';
import { ConfigDocument } from '../../local-config/document/config-document.ts';
import { memberOf } from '../../local-config/document/config-node.ts';

/** Servers to add to one member of a file, by their names. */
export interface ServersToMerge {
  /** Name of the member, such as `mcpServers`. */
  readonly key: string;
  readonly entries: Readonly<Record<string, object>>;
}

/**
 * Adds servers to the text of an existing file, and returns the new text. A server replaces an existing server of the
 * same name. Comments, order and all other content stay. A TOML file can only be appended to, so new servers must have
 * new names. Throws CONFIG_INVALID if the text is not valid in its format, or if the member `key` is not an object.
 * Throws OPTIONS_INVALID if a TOML file already has a server of that name.
 */
export function mergeIntoFile(text: string, source: string, servers: ServersToMerge): string {
  const document = new ConfigDocument(text, source);
  const { key, entries } = servers;
  const present = memberOf(document.root, key);
  const isObject = document.root.type === 'object' && (present === undefined || present.type === 'object');
  if (!isObject) throw document.invalid(present?.offset ?? 0, `${key} must be an object that contains servers by name`);
  switch (document.format) {
    case 'json':
      return intoJson(text, key, entries);
    case 'yaml':
      return intoYaml(text, key, entries);
    case 'toml': {
      const known = Object.keys(entries).find((name) => present !== undefined && memberOf(present, name) !== undefined);
      if (known === undefined) return `${text.trimEnd()}\n\n${stringifyToml({ [key]: entries }).trim()}\n`;
      const why = 'servers are only appended to a TOML file';
      const message = `${source} already has a server ${JSON.stringify(known)}. Rename one of the two, because ${why}.`;
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
