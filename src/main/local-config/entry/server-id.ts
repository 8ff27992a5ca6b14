import { createHash } from 'node:crypto';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Room for what tells two ids apart later. */
const MAX_SLUG_LENGTH = 100;

/**
 * The id of a server that people call `name`: the name itself where it is one, else its letters and digits
 * (`My Server`, `my-server`), else, where it has none that an id may have, a digest of it. The same name always has the
 * same id.
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
