import type { SourceFacts, SourceNotes } from '../../src/shared/protocol/writer-messages.ts';

/** Notes of a source whose map has an HMAC alone. */
export const UNSIGNED: SourceNotes = { url: 'http://map.test/map', isSigned: false, mapId: null };

/** What is known of who signs such a source. */
export const NO_FACTS: SourceFacts = { seenSigned: false, mapId: null, keyVersion: null, keyDocument: null };
