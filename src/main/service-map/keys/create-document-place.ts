import type { KeyDocumentSource } from '../../options/trust/trust-options.ts';
import type { DocumentPlace } from './document-place.ts';
import { filePlace } from './file-place.ts';
import { functionPlace } from './function-place.ts';
import { type HttpPlaceSettings, httpPlace } from './http-place.ts';

/** Creates the {@link DocumentPlace} of the option `keyDocuments`: an http or https URL, a path, or a function. */
export function createDocumentPlace(keyDocuments: KeyDocumentSource, settings: HttpPlaceSettings): DocumentPlace {
  if (typeof keyDocuments === 'function') return functionPlace(keyDocuments);
  return /^https?:/i.test(keyDocuments) ? httpPlace(keyDocuments, settings) : filePlace(keyDocuments);
}
