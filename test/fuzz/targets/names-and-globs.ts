import { createExposedNames } from '../../../src/main/gateway/catalog/exposed-names.ts';
import { createNameFilter, type NameFilter } from '../../../src/main/gateway/catalog/filter/name-filter.ts';
import { exposeUri, resolveUri } from '../../../src/main/gateway/catalog/uris/resource-uris.ts';
import { matchesTemplate, templatePrefix } from '../../../src/main/gateway/catalog/uris/uri-template.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { naughtyStrings } from '../engine/vectors.ts';

/** What each exposed name stands for, in all inputs so far. No name may stand for two things with one separator. */
const GIVEN = new Map<string, string>();
const MAX_GIVEN = 200_000;

/** Valid connector ids. The code under test only gets ids that were already checked. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Fuzzes exposed names and URIs, and the globs that select them. The first line of an input contains globs with spaces
 * between them, the second the separator. Each further line is `connector|tool` or `template|uri`.
 */
export const target: FuzzTarget = {
  name: 'names-and-globs',
  covers: ['/src/main/gateway/catalog/'],
  seeds: () => [
    'a__* !a__delete_*\n__\na|read\na|delete_x\nb|read',
    '{a,b}__x ??__* [a-c]*\n__\na|x\nb.c|x y\nlong|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'a*\n_\none|demo://x\ntwo.Two|ui://a/b\nfile:///{+path}{?q,r}|file:///a/b?q=1\n1|z.31+x:y\nx|ui://z.31+a\n{/a*}{#b}|/x/y#z',
    '*a*a*a*b !*\n_\naaaa|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\na_|_b',
  ],
  dictionary: [
    ...[
      '*',
      '**',
      '?',
      '!',
      '{',
      '}',
      '{a,b}',
      '[a-z]',
      '[!a]',
      '[[:alpha:]]',
      '@(a|b)',
      '+(a)',
      '!(a)',
      '\\',
      '/',
      '.',
    ],
    ...[
      '__',
      '_',
      '|',
      '\n',
      ' ',
      '$',
      '^',
      '(',
      ')',
      '{1..9}',
      '{1..99999999}',
      'a__b',
      '_0123456789ab',
      'ui://',
      '+',
      '.31',
      'z.',
      '{+a}',
      '{?a*}',
      '{/a}',
      '{#a}',
      '..',
      '-',
    ],
    ...naughtyStrings(),
  ],
  maxBytes: 1_024,
  start: () => ({ run: runNames }),
};

function runNames(input: Uint8Array): void {
  const [globs = '', separator = '', ...pairs] = Buffer.from(input).toString('utf8').split('\n');
  const names = createExposedNames(/^[A-Za-z0-9_-]{1,4}$/.test(separator) ? separator : '__');
  const exposed = pairs.slice(0, 20).flatMap((pair) => {
    const at = pair.indexOf('|');
    const [connectorId, name] = [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)];
    checkUri(connectorId, name);
    return ID.test(connectorId) ? [expose(names, connectorId, name)] : [];
  });
  const given = globs.split(' ').filter((glob) => glob !== '');
  checkFilter(given.slice(0, 10), [...exposed, 'a', 'a__b', 'a'.repeat(64)]);
}

function expose(names: ReturnType<typeof createExposedNames>, connectorId: string, name: string): string {
  const exposed = names.expose(connectorId, name);
  must(/^[A-Za-z0-9_-]{1,64}$/.test(exposed), `clients do not accept ${JSON.stringify(exposed)}`);
  const whose = JSON.stringify([connectorId, name]);
  const key = `${names.separator}\0${exposed}`;
  const other = GIVEN.get(key) ?? whose;
  must(other === whose, `${exposed} stands for ${whose} and for ${other}`);
  if (GIVEN.size < MAX_GIVEN) GIVEN.set(key, whose);
  must(names.expose(connectorId, name) === exposed, `${whose} has two names`);
  const parts = names.split(exposed);
  if (parts !== null)
    must(parts.connectorId === connectorId && parts.name === name, `${exposed} is split into ${JSON.stringify(parts)}`);
  return exposed;
}

/**
 * Checks that a connector's URI has exactly one exposed form, and that a template matches only URIs with its prefix.
 */
function checkUri(connectorId: string, uri: string): void {
  if (ID.test(connectorId)) {
    const found = resolveUri(exposeUri(connectorId, uri));
    must(found?.connectorId === connectorId && found.uri === uri, `${uri} of ${connectorId} is read as another`);
  }
  const found = resolveUri(uri);
  if (found !== null) must(exposeUri(found.connectorId, found.uri) === uri, `${uri} has a second spelling`);
  if (matchesTemplate(connectorId, uri))
    must(uri.startsWith(templatePrefix(connectorId)), `the template of ${connectorId} matches ${uri}`);
}

/** True if a glob has only word characters, `-`, `?` and `*`. The matcher below supports nothing else. */
function isPlain(glob: string): boolean {
  return /^!?[\w?*-]*$/.test(glob);
}

/** Returns null if a glob is rejected; the rejection must have a code. */
function filterOf(globs: readonly string[]): NameFilter | null {
  try {
    return createNameFilter(globs);
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    must(error.code === 'OPTIONS_INVALID', `a glob is refused with ${error.code}`);
    return null;
  }
}

function checkFilter(globs: readonly string[], names: readonly string[]): void {
  const isAllowed = filterOf(globs);
  if (isAllowed === null) return;
  for (const name of names) {
    const verdict = isAllowed(name);
    must(typeof verdict === 'boolean', 'the result of a filter is not a boolean');
    must(isAllowed(name) === verdict, 'a filter gives two results for the same name');
    if (globs.every(isPlain))
      must(verdict === expected(globs, name), `the globs ${JSON.stringify(globs)} give ${verdict} for ${name}`);
  }
}

function expected(globs: readonly string[], name: string): boolean {
  const allowed = globs.filter((glob) => !glob.startsWith('!'));
  const denied = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  return (allowed.length === 0 || allowed.some((glob) => fits(glob, name))) && !denied.some((glob) => fits(glob, name));
}

/** Matches `*` and `?` in a simple but slow way, with a table. */
function fits(glob: string, name: string): boolean {
  // `fitting[i]` is true if the part of the glob that was read so far matches the first i characters of the name.
  let fitting = Array.from({ length: name.length + 1 }, (_, index) => index === 0);
  for (const letter of glob) {
    const before = fitting;
    if (letter === '*') {
      const first = before.indexOf(true);
      fitting = before.map((_, index) => first >= 0 && index >= first);
    } else
      fitting = before.map((_, i) => i > 0 && before[i - 1] === true && (letter === '?' || letter === name[i - 1]));
  }
  return fitting[name.length] === true;
}
