import { hash } from 'node:crypto';
import type { StoredSource } from '../../shared/protocol/writer-messages.ts';
import type { SealedRow } from './seal.ts';

/** A row of the table `source`. */
export interface SourceRow {
  readonly storeKey: string;
  readonly floorMs: number | null;
  readonly generatedAtMs: number | null;
  readonly savedAtMs: number | null;
  readonly etag: string | null;
  readonly bodySha256: string | null;
  readonly revision: number;
  readonly url: string | null;
  readonly seenSigned: boolean;
  readonly mapId: string | null;
  readonly keyVersion: number | null;
  readonly keySha256: string | null;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly keyDocument: string | null;
}

/** The row of a source about which nothing is stored yet. */
export const NEW_ROW: SourceRow = {
  storeKey: '',
  floorMs: null,
  generatedAtMs: null,
  savedAtMs: null,
  etag: null,
  bodySha256: null,
  revision: 0,
  url: null,
  seenSigned: false,
  mapId: null,
  keyVersion: null,
  keySha256: null,
  body: null,
  keyDocument: null,
};

/** Returns the values of a row in the order of `columnsOf(SOURCES)`, without the seal. */
export function valuesOf(row: SourceRow): { readonly sealed: SealedRow; readonly rest: SealedRow } {
  const { storeKey, floorMs, generatedAtMs, savedAtMs, etag, bodySha256, revision } = row;
  const { url, seenSigned, mapId, keyVersion, keySha256, body, keyDocument } = row;
  const place = [storeKey, floorMs, generatedAtMs, savedAtMs, etag, bodySha256, revision];
  return {
    sealed: [...place, url, seenSigned ? 1 : 0, mapId, keyVersion, keySha256],
    rest: [body, keyDocument],
  };
}

/** Parses a row that was read in the order of `columnsOf(SOURCES)`. */
export function sourceRowOf(row: SealedRow): SourceRow {
  const [storeKey, floorMs, generatedAtMs, savedAtMs, etag, bodySha256, revision, ...others] = row;
  const [url, seenSigned, mapId, keyVersion, keySha256, , body, keyDocument] = others;
  return {
    ...({ storeKey, floorMs, generatedAtMs, savedAtMs, etag, bodySha256, revision } as SourceRow),
    ...({ url, mapId, keyVersion, keySha256, body, keyDocument } as SourceRow),
    seenSigned: Number(seenSigned) === 1,
  };
}

/** Whether the body is present and matches its checksum. */
export function hasGoodBody({ body, bodySha256 }: Pick<SourceRow, 'body' | 'bodySha256'>): boolean {
  return body !== null && hash('sha256', body) === bodySha256;
}

/** Whether the key document is present and matches its checksum. */
export function hasGoodKeys({ keyDocument, keySha256 }: Pick<SourceRow, 'keyDocument' | 'keySha256'>): boolean {
  return keyDocument !== null && hash('sha256', keyDocument) === keySha256;
}

/** Returns the content of a row. Parts that fail their checksum are left out. */
export function storedSourceOf(row: SourceRow): StoredSource {
  const { storeKey, floorMs, generatedAtMs, savedAtMs, etag, body, seenSigned, mapId, keyVersion } = row;
  const isGood = hasGoodBody(row);
  const map =
    isGood && body !== null && generatedAtMs !== null && savedAtMs !== null
      ? { storeKey, etag, body: new Uint8Array(body), generatedAtMs, savedAtMs }
      : null;
  const keyDocument = hasGoodKeys(row) ? row.keyDocument : null;
  const isDamaged = (body !== null && !isGood) || (row.keyDocument !== null && keyDocument === null);
  return { floorMs, map, isDamaged, seenSigned, mapId, keyVersion, keyDocument };
}

/**
 * Merges two rows of the same source: takes the highest floor (minimum map time), the newest valid map and the newest
 * key document.
 */
export function mergedRow(row: SourceRow, other: SourceRow): SourceRow {
  const isOtherNewer =
    hasGoodBody(other) && (!hasGoodBody(row) || (other.generatedAtMs ?? 0) > (row.generatedAtMs ?? 0));
  const { generatedAtMs, savedAtMs, etag, body, bodySha256 } = isOtherNewer ? other : row;
  const { keyVersion, keyDocument, keySha256 } = (other.keyVersion ?? -1) > (row.keyVersion ?? -1) ? other : row;
  const floors = [row.floorMs, other.floorMs].filter((floorMs) => floorMs !== null);
  return {
    ...row,
    floorMs: floors.length === 0 ? null : Math.max(...floors),
    ...{ generatedAtMs, savedAtMs, etag, body, bodySha256, keyVersion, keyDocument, keySha256 },
    url: row.url ?? other.url,
    seenSigned: row.seenSigned || other.seenSigned,
    mapId: row.mapId ?? other.mapId,
  };
}
