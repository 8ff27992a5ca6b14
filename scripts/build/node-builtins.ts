import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import type { Plugin } from 'rolldown';

const BARE = new Set(builtinModules);
const PREFIX = '\0builtin:';
const REQUIRE = /\brequire\((['"])((?:node:)?[\w/]+)\1\)/g;

/** Returns the full name of a built-in module of Node.js; null for any other module. */
function builtin(name: string): string | null {
  if (name.startsWith('node:')) return name;
  return BARE.has(name) ? `node:${name}` : null;
}

/**
 * Loads built-in modules of Node.js with `process.getBuiltinModule`. There are two reasons. An import statement would
 * read every export of the module, which is slow. For `node:http`, it would even load a whole HTTP client. And a
 * `require` in a CommonJS package would need `import.meta.url`, which does not exist if a host is bundled as CommonJS.
 */
export function nodeBuiltins(root: string): Plugin {
  return {
    name: 'node-builtins',
    resolveId(source, importer, { kind }) {
      const name = builtin(source);
      if (name === null) return null;
      // A dynamic import is executed only when the module is needed, so it stays as it is.
      if (kind === 'dynamic-import') return { id: name, external: true };
      // Each importing module gets its own copy of this small module. If several modules shared one copy, an output
      // file might have to load another file just for this copy.
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
 * Returns the source of a module with the same exports as a built-in module. The bundler removes the exports that
 * nobody imports. The source uses `globalThis`, because a package may have a variable named `process`.
 */
function exportsOf(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => /^[A-Za-z_]\w*$/.test(key));
  const lines = names
    .filter((key) => key !== 'default')
    .map((key) => `const ${key}$ = builtin.${key};\nexport { ${key}$ as ${key} };`);
  return `const builtin = globalThis.process.getBuiltinModule('${name}');\nexport default builtin;\n${lines.join('\n')}\n`;
}
