import type { Plugin } from 'rolldown';

/** A change to a file of a package. Without this change, the package would not work in a bundle. */
interface Patch {
  /** The last part of the file's path. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const PATCHES: readonly Patch[] = [
  {
    // Piscina expects its worker next to its own file. In a bundle, the worker is next to the file of the task.
    file: 'piscina/dist/index.js',
    from: "(0, node_path_1.resolve)(__dirname, 'worker.js')",
    to:
      "(0, node_path_1.join)((0, node_path_1.dirname)(this.options.filename), 'piscina.worker' + " +
      '(0, node_path_1.extname)(this.options.filename))',
  },
  {
    // The file of the task is an ES module, so it is imported without `require` and without `new Function`.
    file: 'piscina/dist/worker.js',
    from: 'handler = await Promise.resolve(`$' + '{filename}`).then(s => __importStar(require(s)));',
    to: '',
  },
  {
    file: 'piscina/dist/worker.js',
    from: "importESMCached = new Function('specifier', 'return import(specifier)');",
    to: 'importESMCached = (specifier) => import(specifier);',
  },
  {
    file: 'piscina/dist/worker.js',
    from: "Promise.resolve().then(() => __importStar(require('@napi-rs/nice')))",
    to: "import('@napi-rs/nice')",
  },
  {
    file: 'msgpackr/node-index.js',
    from: "if (typeof require == 'function')\n\t\t\textractor = require('msgpackr-extract');\n\t\telse\n",
    to: '',
  },
];

/** Returns a plugin that applies the patches. Throws if a package no longer contains the text to replace. */
export function patchedPackages(): Plugin {
  return {
    name: 'patched-packages',
    transform: {
      filter: { id: /node_modules/ },
      handler(code, id) {
        const patches = PATCHES.filter(({ file }) => id.endsWith(`/node_modules/${file}`));
        if (patches.length === 0) return null;
        let patched = code;
        for (const { file, from, to } of patches) {
          if (!patched.includes(from)) throw new Error(`${file} has changed: it no longer contains ${from}`);
          patched = patched.replace(from, () => to);
        }
        return { code: patched, map: null };
      },
    },
  };
}
