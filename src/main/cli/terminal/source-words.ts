import type { Command } from 'commander';
import { isAddress } from '../flags/is-address.ts';

/**
 * Names of the options that decide which connectors and logins a command uses, in the order in which they are printed.
 */
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

/** The part of `words` that sets the state folder: the option and its value; empty if the option was not given. */
let ofState: readonly string[] = [];

/** URL of the server in the running command line; null if the command line has no URL. */
let address: string | null = null;

/** Remembers the source options of the running command, so that commands in its messages can use the same options. */
export function rememberSource(command: Command): void {
  address = command.args.slice(0, 1).find(isAddress) ?? null;
  words = SOURCE_OPTIONS.flatMap((name) => wordsOf(command, name));
  ofState = wordsOf(command, 'stateDir');
}

/**
 * Returns an option of the command line with its values, as words. Returns an empty list if the option was not given.
 */
function wordsOf(command: Command, name: (typeof SOURCE_OPTIONS)[number]): readonly string[] {
  const option = command.options.find((known) => known.attributeName() === name && !known.negate);
  if (option?.long == null || command.getOptionValueSource(name) !== 'cli') return [];
  const value: unknown = command.getOptionValue(name);
  const { long } = option;
  if (value === true) return [long];
  if (!Array.isArray(value)) return [long, String(value)];
  return name === 'from' ? [long, value.join(',')] : value.flatMap((each) => [long, String(each)]);
}

/** Returns the URL of the server in the running command line; null if the command line has no URL. */
export function typedAddress(): string | null {
  return address;
}

/** Returns the options with which another command uses the same connectors as the running command. */
export function sourceWords(): readonly string[] {
  return words;
}

/** Returns the words that let another command use the same state folder as the running one. */
export function stateWords(): readonly string[] {
  return ofState;
}
