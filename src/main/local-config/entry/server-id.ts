import { createHash } from 'node:crypto';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Maximum length of an id that is derived from a name. It leaves room for a suffix that distinguishes two equal ids.
 */
const MAX_SLUG_LENGTH = 100;

/**
 * Derives an id from the name of a server. A name that is a valid id stays as it is. Otherwise the id is made of the
 * letters and digits of the name (`My Server` becomes `my-server`). If the name has neither, the id is a digest of the
 * name. The same name always gets the same id.
 */
export function serverId(name: string): string {
  if (ID.test(name)) return name;
  const slug = name
    .slice(0, 4 * MAX_SLUG_LENGTH)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^[._-]+|[._-]+$/g, '');
  return slug === '' ? `server-${createHash('sha256').update(name).digest('hex').slice(0, 12)}` : slug;
}
