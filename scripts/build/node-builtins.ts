import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import type { Plugin } from 'rolldown';

const BARE = new Set(builtinModules);
const PREFIX = '\0builtin:';
const REQUIRE = /\brequire\((['"])((?:node:)?[\w/]+)\1\)/g;

/** Returns the full name of one of Node's own modules; null for another module. */
function builtin(name: string): string | null {
  if (name.startsWith('node:')) return name;
  return BARE.has(name) ? `node:${name}` : null;
}

/**
 * Loads Node's own modules with `process.getBuiltinModule`. An import statement would read every export of such a
 * module; for `node:http` that loads a whole HTTP client, which is slow. A `require` in a CommonJS package would need
 * `import.meta.url`, which a host's CommonJS bundle does not have.
 */
export function nodeBuiltins(root: string): Plugin {
  return {
    name: 'node-builtins',
    resolveId(source, importer, { kind }) {
      const name = builtin(source);
      if (name === null) return null;
      // A dynamic import is already late, so it needs no change.
      if (kind === 'dynamic-import') return { id: name, external: true };
      // Each importer gets its own module. With a shared module, one file would load another file only because of that
      // module.
      return { id: `${PREFIX}${name}|${relative(root, importer ?? '')}|`, moduleSideEffects: false };
    },
    load: {
      filter: { id: new RegExp(`^${PREFIX}`) },
      handler: (id) => ({ code: exportsOf(id.slice(PREFIX.length, id.indexOf('|'))) }),
    },
    transform: {
      filter: { id: /node_modules/, code: 'require(' },
      handler: (code) => ({
        code: code.replace(REQUIRE, (call, _quote, name) => {
          const full = builtin(name);
          return full === null ? call : `globalThis.process.getBuiltinModule('${full}')`;
        }),
        map: null,
      }),
    },
  };
}

/**
 * Returns a module with the exports of a built-in module; the bundler keeps the exports that are imported. It uses
 * `globalThis`, because packages may have a variable `process` of their own.
 */
function exportsOf(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => /^[A-Za-z_]\w*$/.test(key));
  const lines = names
    .filter((key) => key !== 'default')
    .map((key) => `const ${key}$ = builtin.${key};\nexport { ${key}$ as ${key} };`);
  return `const builtin = globalThis.process.getBuiltinModule('${name}');\nexport default builtin;\n${lines.join('\n')}\n`;
}
