import { ask, ownTerminal } from '../../discovery/ask.ts';
import { misuse } from '../../flags/option-values.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, failureFrom, print, printable, say } from '../../terminal/output.ts';
import { isoOf } from '../sync.ts';
import { type KnownSource, knownSources, latestFloorMs } from './known-sources.ts';
import { type StoreOptions, withStore } from './open-store.ts';

export interface ResetFloorOptions extends StoreOptions {
  /** The source: its URL, its store key or the start of that key, or the id of its map. */
  readonly source: string;
  /** Whether to reset the floor without asking the user. */
  readonly yes: boolean;
}

/** Minimum length of a store key prefix with which a user can select a source. */
const MIN_KEY_LENGTH = 6;

/**
 * Deletes the floor of a source (the minimum accepted `generatedAt`). Also deletes the stored map if its date is in the
 * future. Keeps everything else that is stored for the source. Resolves with the exit code: 1 if the user declines.
 * Rejects with OPTIONS_INVALID if the source is unknown, or the user cannot be asked because there is no terminal.
 */
export function runResetFloor(options: ResetFloorOptions): Promise<number> {
  return withStore(options, async (writer) => {
    const source = chosenSource(await knownSources(writer), options.source);
    const name = printable(source.url ?? source.key);
    if (source.floor === null) {
      say(`There is no floor for ${name}.`);
      if (options.json) answerJson({ key: source.key, floor: null, wasReset: false });
      return EXIT.ok;
    }
    if (!options.yes && !(await isAgreed(name, source.floor))) {
      say('Nothing was changed.');
      const failure = failureFrom({ code: 'NOT_CONFIRMED', message: `The floor of ${name} was not reset.` });
      if (options.json) answerJson({ key: source.key, floor: source.floor, wasReset: false }, failure);
      return EXIT.failed;
    }
    await writer.ask((api) => api.resetFloor(source.key, latestFloorMs()));
    if (options.json) answerJson({ key: source.key, floor: source.floor, wasReset: true });
    else print(`The floor of ${name} (${isoOf(source.floor)}) was reset.\n`);
    say(
      source.isFloorAhead
        ? 'Hosts that use this state folder notice the reset at their next refresh.'
        : 'Restart the hosts that use this state folder, because they still have the old floor in memory.',
    );
    return EXIT.ok;
  });
}

function isAgreed(name: string, floor: number): Promise<boolean> {
  const terminal = ownTerminal();
  if (terminal === null) throw misuse('There is no terminal for the confirmation: give --yes');
  const question =
    `The floor of ${name} is ${isoOf(floor)}. Without it, an older map of this source is accepted once more, ` +
    'as long as it has not expired.\nReset the floor? [y/N] ';
  return ask(question, terminal);
}

/** Returns the source that `wanted` identifies. Throws OPTIONS_INVALID if no source or more than one source matches. */
function chosenSource(sources: readonly KnownSource[], wanted: string): KnownSource {
  const url = URL.parse(wanted);
  const shown = url === null ? wanted : url.origin + url.pathname;
  const found = sources.filter(
    ({ key, url: known, mapId }) =>
      known === shown || mapId === wanted || (wanted.length >= MIN_KEY_LENGTH && key.startsWith(wanted)),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = (found.length > 1 ? found : sources).map(({ key, url: known }) => `${known ?? '?'} (${key})`);
  throw misuse(
    found.length > 1
      ? `Several sources match ${wanted}: give the key of one of ${names.join(', ')}`
      : `The store has no source ${wanted}; its sources are: ${names.length === 0 ? 'none' : names.join(', ')}`,
  );
}
