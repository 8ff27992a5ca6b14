import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstalledPackage } from './package-under-test.ts';

const ownFile = (name: string): string => fileURLToPath(new URL(`./shims/${name}`, import.meta.url));
const REFUSE = '*) echo "The demo world has no $0 $name" >&2; exit 127;;';

/**
 * Returns the programs that a page can call, by name: the command of the packed package, and replacements for programs
 * that would download something.
 */
function scripts({ modules, tarball }: InstalledPackage): Readonly<Record<string, string>> {
  const bin = join(modules, 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
  const official = (name: string): string => join(modules, '@modelcontextprotocol', name, 'dist', 'index.js');
  // `serve`, `demo` and logins wait for a person, so a script that acts as that person runs them.
  const program = `case "$1" in
serve|demo|auth) exec node '${ownFile('switchyard.ts')}' '${bin}' "$@";;
*) exec node '${bin}' "$@";;
esac`;
  return {
    node: `exec '${process.execPath}' "$@"`,
    'mcp-switchyard': program,
    switchyard: program,
    npx: `while :; do case "$1" in -y|--yes|--no|--no-install|--) shift;; *) break;; esac; done
name=$1; shift
[ "\${1-}" = -- ] && shift
case "$name" in
mcp-switchyard|switchyard) exec mcp-switchyard "$@";;
@modelcontextprotocol/server-everything*) exec node '${official('server-everything')}' "$@";;
@modelcontextprotocol/server-memory*) exec node '${official('server-memory')}' "$@";;
@modelcontextprotocol/server-*|*-mcp|mcp-*) exec node '${ownFile('demo-server.ts')}' "$name";;
${REFUSE}
esac`,
    npm: `name=$1; shift
case "$name" in
install|i|ci|add|init) for one in "$@"; do
  [ -d '${modules}'/"\${one%@*}" ] && continue
  case "$one" in -*|*/) ;; *.tgz) [ "$(basename "$one")" = '${tarball.split('/').at(-1)}' ] || exit 1;;
  *) [ -d '${modules}'/"$one" ] || { echo "The demo world has no package $one" >&2; exit 1; };; esac
done;;
pack) cp '${tarball}' . && basename '${tarball}';;
start) while [ "\${1-}" = --silent ] || [ "\${1-}" = -- ]; do shift; done; exec mcp-switchyard demo "$@";;
test) ;;
run) grep -qF "\\"$1\\":" '${resolve('package.json')}' || { echo "There is no script $1" >&2; exit 1; };;
${REFUSE}
esac`,
    git: `[ "$1" = clone ] || { name=$1; case "$name" in ${REFUSE} esac; }
for last in "$@"; do :; done
folder=$(basename "$last" .git)
mkdir "$folder" && for one in package.json node_modules src; do ln -s '${process.cwd()}'/$one "$folder"/; done`,
    ssh: `while [ "\${1#-}" != "$1" ]; do shift; done; shift; exec "$@"`,
    claude: 'case "$1 $2" in "mcp add"*) ;; *) exit 127;; esac',
    'mcp-server-filesystem': `exec node '${ownFile('demo-server.ts')}' files`,
    'docs-browser': `exec node '${ownFile('browser.ts')}' "$@"`,
  };
}

/** The Node.js option that keeps a process of the demo world from looking up the addresses of other machines. */
export const LOOPBACK_ONLY = `--import=${new URL('./shims/loopback-only.mjs', import.meta.url).href}`;

/** Returns a configuration file entry for a stdio server with the tools of the server `name`. */
export function demoServer(name: string): { readonly command: string; readonly args: readonly string[] } {
  return { command: 'node', args: [ownFile('demo-server.ts'), name] };
}

export function writeShims(bin: string, installed: InstalledPackage): void {
  for (const [name, script] of Object.entries(scripts(installed))) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}
