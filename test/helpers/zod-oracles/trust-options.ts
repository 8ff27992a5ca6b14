import * as z from 'zod';

const isSecret = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'string' && value !== '');

const hmacKeys = z.custom(
  (value) => (Array.isArray(value) ? value.length > 0 && value.every(isSecret) : isSecret(value)),
  'must be a string that is not empty, or a function, or a list of these',
);

const isKeySet = (value: unknown): boolean => {
  if (typeof value === 'string') return value !== '' && !isUrl(value);
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
};

const isDocumentSource = (value: unknown): boolean => {
  if (typeof value !== 'string') return typeof value === 'function';
  return isUrl(value) ? isUrlOf(value.replaceAll('{version}', '1')) : value !== '';
};

const isUrl = (text: string): boolean => /^https?:/i.test(text);

/** True if fetch accepts a URL. It refuses URLs with credentials. */
function isUrlOf(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}

/** The trust options, which the schemas of a manager's options and of a source's options both use. */
export const TRUST_SCHEMA = {
  signatureKey: hmacKeys.optional(),
  signatureKeys: z
    .custom(isKeySet, 'must be a JWK set, the path of a file with a JWK set (a URL is not allowed), or a function')
    .optional(),
  threshold: z.int().positive().max(16).optional(),
  accept: z.enum(['hmac', 'signature', 'either', 'both']).optional(),
  mapId: z.string().min(1).optional(),
  keyDocuments: z
    .custom(isDocumentSource, 'must be a path or an http or https URL without credentials, or a function')
    .optional(),
  minVersion: z.int().positive().optional(),
  maxStaleMs: z.number().nonnegative().nullable().optional(),
};
