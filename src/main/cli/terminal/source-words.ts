import type { Command } from 'commander';
import { isAddress } from '../flags/is-address.ts';

/** Options that say where connectors and their logins are, in the order in which the options are printed. */
const SOURCE_OPTIONS = [
  'serviceMap',
  'config',
  'from',
  'trust',
  'registry',
  'registryPath',
  'keyEnv',
  'keys',
  'keyDocuments',
  'accept',
  'threshold',
  'mapId',
  'minVersion',
  'mapKeyEnv',
  'connectorsKeyEnv',
  'stateDir',
  'clientMetadataUrl',
  'allowEnv',
  'ca',
  'cert',
  'certKey',
] as const;

let words: readonly string[] = [];

/** URL of the server on the command line; null without one. */
let address: string | null = null;

/** Remembers the source options of the running command line, for the commands that it suggests. */
export function rememberSource(command: Command): void {
  address = command.args.slice(0, 1).find(isAddress) ?? null;
  words = SOURCE_OPTIONS.flatMap((name) => {
    const option = command.options.find((known) => known.attributeName() === name && !known.negate);
    if (option?.long == null || command.getOptionValueSource(name) !== 'cli') return [];
    const value: unknown = command.getOptionValue(name);
    const { long } = option;
    if (value === true) return [long];
    if (!Array.isArray(value)) return [long, String(value)];
    return name === 'from' ? [long, value.join(',')] : value.flatMap((each) => [long, String(each)]);
  });
}

/** Returns the URL that the running command was given in place of a connector's id; null if it was given no URL. */
export function typedAddress(): string | null {
  return address;
}

/** Returns the words that let another command use the same connectors as the running one. */
export function sourceWords(): readonly string[] {
  return words;
}
