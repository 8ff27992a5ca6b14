import type { SourceFacts, SourceNotes } from '../../src/shared/protocol/writer-messages.ts';

/** Notes about a source whose maps are signed only with an HMAC. */
export const UNSIGNED: SourceNotes = { url: 'http://map.test/map', isSigned: false, mapId: null };

/** Facts about such a source. It has never served a signed map, a map id or a key document. */
export const NO_FACTS: SourceFacts = { seenSigned: false, mapId: null, keyVersion: null, keyDocument: null };
