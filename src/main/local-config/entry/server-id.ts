import { createHash } from 'node:crypto';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Maximum length of a derived id. It leaves room for a suffix, which may be added later to distinguish two ids. */
const MAX_SLUG_LENGTH = 100;

/**
 * Returns the id of a server called `name`: the name itself if it is a valid id, else its letters and digits (`My
 * Server` becomes `my-server`), else a digest. The same name always has the same id.
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
