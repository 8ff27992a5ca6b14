import type { SourceFacts, SourceNotes } from '../../src/shared/protocol/writer-messages.ts';

/** Notes about a source whose map has only an HMAC. */
export const UNSIGNED: SourceNotes = { url: 'http://map.test/map', isSigned: false, mapId: null };

/** Facts about the signers of such a source. */
export const NO_FACTS: SourceFacts = { seenSigned: false, mapId: null, keyVersion: null, keyDocument: null };
