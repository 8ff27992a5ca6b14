import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import type { Plugin } from 'rolldown';

const BARE = new Set(builtinModules);
const PREFIX = '\0builtin:';
const REQUIRE = /\brequire\((['"])((?:node:)?[\w/]+)\1\)/g;

/** The full name of one of Node's own modules; null for another module. */
function builtin(name: string): string | null {
  if (name.startsWith('node:')) return name;
  return BARE.has(name) ? `node:${name}` : null;
}

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An import statement reads every export of such a module, and
 * one of `node:http` loads a whole HTTP client: 57 ms. A `require` of a package in CommonJS would need
 * `import.meta.url`, which a host's bundle in CommonJS does not have.
 */
export function nodeBuiltins(root: string): Plugin {
  return {
    name: 'node-builtins',
    resolveId(source, importer, { kind }) {
      const name = builtin(source);
      if (name === null) return null;
      // Code that loads one late waits for a promise, which costs nothing before.
      if (kind === 'dynamic-import') return { id: name, external: true };
      // One for each importer: a common one would have files load others for nothing else.
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
 * A module with the exports of a built-in one, of which the bundler keeps those that are imported.
 * By `globalThis`, since packages name a variable `process` and set it to what they import of that name.
 */
function exportsOf(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => /^[A-Za-z_]\w*$/.test(key));
  const lines = names
    .filter((key) => key !== 'default')
    .map((key) => `const ${key}$ = builtin.${key};\nexport { ${key}$ as ${key} };`);
  return `const builtin = globalThis.process.getBuiltinModule('${name}');\nexport default builtin;\n${lines.join('\n')}\n`;
}
