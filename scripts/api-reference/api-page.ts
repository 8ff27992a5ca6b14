import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { buildDeclarations } from '../build/declarations.ts';
import { DeclarationFiles } from './declaration-files.ts';
import { type EntryPoint, referenceOf } from './reference.ts';
import { renderReference } from './render-reference.ts';

const ENTRY_POINTS: readonly EntryPoint[] = [
  {
    specifier: 'mcp-switchyard',
    path: 'main/index.d.ts',
    about: 'The manager of connectors, service maps and their signatures ([library.md](library.md)).',
  },
  {
    specifier: 'mcp-switchyard/gateway',
    path: 'main/gateway/index.d.ts',
    about: 'A gateway inside of a program ([embedding-the-gateway.md](embedding-the-gateway.md)).',
  },
  {
    specifier: 'mcp-switchyard/fs-store',
    path: 'main/registry/fs-store.d.ts',
    about: 'The registry of servers ([registry.md](registry.md)).',
  },
];

/** Builds the declarations of the package at `root`, and returns the text of docs/api.md, which shows them. */
export async function apiPage(root: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-api-'));
  try {
    await buildDeclarations(root, folder);
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.d.ts'));
    const files = new DeclarationFiles(
      paths.map((path) => [path.replaceAll(sep, '/'), readFileSync(join(folder, path), 'utf8')] as const),
    );
    return renderReference(referenceOf(files, ENTRY_POINTS), files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
