import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A file that only re-exports what another file exports. */
interface Facade {
  readonly file: string;
  /** Path of the other file, relative to the same folder. */
  readonly target: string;
  /**
   * Source code of the members of an object that replaces the facade. In this code, `m` stands for the other file's
   * exports.
   */
  readonly members: string;
}

const RE_EXPORT = /^export \{ ([^}]+) \} from "([^"]+)";\s*$/;
const CALLED = /^import \{ (\w+) as (\w+) \} from "([^"]+)";\s*export default \2\(\);\s*export \{\};\s*$/;

/**
 * Removes facades. The bundler writes these one-line files if a dynamic import refers to a module that shares its
 * output file with other modules. Makes the dynamic import refer to that output file itself, so that one file less is
 * loaded. `files` are paths in `folder`. Files in `kept` are not removed. Returns the paths of the remaining files.
 */
export function inlineFacades(folder: string, files: readonly string[], kept: readonly string[]): readonly string[] {
  const codes = new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  const imported = new Set([...codes].flatMap(([file, code]) => staticImports(file, code)));
  const facades = new Map<string, Facade>();
  for (const [file, code] of codes) {
    const facade = kept.includes(file) || imported.has(file) ? null : readFacade(file, code);
    if (facade !== null) facades.set(file, facade);
  }
  for (const [file, code] of codes) {
    if (facades.has(file)) rmSync(join(folder, file));
    const inlined = code.replace(/\bimport\("(\.[^"]+)"\)/g, (whole, path: string) => {
      const facade = facades.get(posix.join(posix.dirname(file), path));
      if (facade === undefined) return whole;
      return `import("${relative(file, facade.target)}").then((m) => (${facade.members}))`;
    });
    if (!facades.has(file) && inlined !== code) writeFileSync(join(folder, file), inlined);
  }
  return files.filter((file) => !facades.has(file));
}

function readFacade(file: string, code: string): Facade | null {
  const at = (path: string): string => posix.join(posix.dirname(file), path);
  const [, called, , calledIn] = CALLED.exec(code) ?? [];
  if (called !== undefined && calledIn !== undefined)
    return { file, target: at(calledIn), members: `{ default: m.${called}() }` };
  const [, names, target] = RE_EXPORT.exec(code) ?? [];
  if (names === undefined || target === undefined) return null;
  const members = names.split(', ').map((name) => {
    const [own = '', shown = own] = name.split(' as ');
    return `${shown}: m.${own}`;
  });
  return { file, target: at(target), members: `{ ${members.join(', ')} }` };
}

function staticImports(file: string, code: string): readonly string[] {
  const found = code.matchAll(/^(?:import|export)\b[^"'\n]*["'](\.[^"']+)["'];/gm);
  return [...found].map(([, path = '']) => posix.join(posix.dirname(file), path));
}

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}
