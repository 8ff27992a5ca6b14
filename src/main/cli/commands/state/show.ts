import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable } from '../../terminal/output.ts';
import { isoOf } from '../sync.ts';
import { type KnownSource, knownSources } from './known-sources.ts';
import { type StoreOptions, withStore } from './open-store.ts';

export type StateShowOptions = StoreOptions;

/** Shows what the store knows about each source of maps. Resolves with the exit code. */
export function runStateShow(options: StateShowOptions): Promise<number> {
  return withStore(options, async (writer) => {
    const sources = await knownSources(writer);
    if (options.json) answerJson({ sources });
    else print(sources.length === 0 ? 'The store knows no source of maps.\n' : sources.map(sourceText).join('\n'));
    return EXIT.ok;
  });
}

function sourceText({ key, url, floor, isFloorAhead, map, seenSigned, mapId, keyDocument }: KnownSource): string {
  const lines = [
    url === null ? '(kept by an earlier version)' : printable(url),
    `  key         ${key}`,
    `  floor       ${floor === null ? 'none' : isoOf(floor)}${isFloorAhead ? ', which is in the future' : ''}`,
    `  map         ${mapText(map)}`,
    `  signatures  ${seenSigned ? 'seen: a map without them is refused' : 'never seen'}`,
    ...(mapId === null ? [] : [`  map id      ${printable(mapId)}`]),
    ...(keyDocument === null ? [] : [`  keys        ${keysText(keyDocument)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function mapText(map: KnownSource['map']): string {
  if (map === null) return 'none';
  const expires = map.expiresAt === null ? 'it cannot be read' : `expires ${isoOf(map.expiresAt)}`;
  return `generated ${isoOf(map.generatedAt)}, ${expires}, saved ${isoOf(map.savedAt)}`;
}

function keysText({ version, expiresAt }: NonNullable<KnownSource['keyDocument']>): string {
  return `document ${version}, ${expiresAt === null ? 'which cannot be read' : `expires ${isoOf(expiresAt)}`}`;
}
