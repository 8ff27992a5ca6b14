import { describe, expect, it } from 'vitest';
import {
  checkLayers,
  checkSizes,
  checkTransports,
  checkVocabularies,
  checkWorkers,
  RULES,
} from '../../../scripts/architecture/rules.ts';
import { parseSourceFile, readSourceTree, type SourceFile } from '../../../scripts/architecture/source-tree.ts';

/** Creates a tree of files from the paths that each file imports; every import is a type import. */
function tree(files: Readonly<Record<string, readonly string[]>>): readonly SourceFile[] {
  return Object.entries(files).map(([path, imports]) => {
    const up = '../'.repeat(path.split('/').length - 1);
    return parseSourceFile(path, imports.map((to, index) => `import type { A${index} } from '${up}${to}';`).join('\n'));
  });
}

describe('layer rules', () => {
  it('the layer rules allow a folder to import from lower folders and from `src/shared`', () => {
    const files = tree({
      'src/main/manager/a.ts': ['src/main/connectors/b.ts', 'src/shared/c.ts'],
      'src/main/connectors/b.ts': ['src/main/mcp/d.ts'],
      'src/main/mcp/d.ts': ['src/shared/c.ts'],
      'src/workers/w.ts': ['src/shared/c.ts'],
      'src/shared/c.ts': [],
    });
    expect(checkLayers(files)).toEqual([]);
  });

  it.each([
    ['the import of a higher folder', 'src/main/connectors/a.ts', 'src/main/manager/b.ts'],
    ['the import of src/main from src/shared', 'src/shared/a.ts', 'src/main/manager/b.ts'],
    ['the import of src/workers from src/main', 'src/main/manager/a.ts', 'src/workers/b.ts'],
    ['the import of src/main from src/workers', 'src/workers/a.ts', 'src/main/mcp/b.ts'],
    ['the import of a folder without a layer', 'src/main/cli/a.ts', 'src/main/elsewhere/b.ts'],
  ])('the layer rules forbid %s', (_what, from, to) => {
    expect(checkLayers(tree({ [from]: [to], [to]: [] }))).toEqual([expect.stringContaining(`${from} imports ${to}`)]);
  });

  it('the layer rules forbid an import cycle of folders in one layer, even if no files form a cycle', () => {
    const files = tree({
      'src/main/tools/a.ts': ['src/main/service-map/b.ts'],
      'src/main/service-map/b.ts': [],
      'src/main/service-map/c.ts': ['src/main/local-config/d.ts'],
      'src/main/local-config/d.ts': ['src/main/tools/e.ts'],
      'src/main/tools/e.ts': [],
    });
    expect(checkLayers(files)).toEqual(['circle in src/main: local-config, service-map, tools']);
  });

  it('the layer rules forbid an import cycle of files within a folder', () => {
    const files = tree({
      'src/shared/map/a.ts': ['src/shared/map/b.ts'],
      'src/shared/map/b.ts': ['src/shared/map/a.ts'],
    });
    expect(checkLayers(files)).toEqual(['circle in src/shared/map: a.ts, b.ts']);
  });

  it('the layer rules forbid an import cycle between a folder and a file next to that folder', () => {
    const files = tree({ 'src/shared/a.ts': ['src/shared/map/b.ts'], 'src/shared/map/b.ts': ['src/shared/a.ts'] });
    expect(checkLayers(files)).toEqual(['circle in src/shared: a.ts, map']);
  });
});

describe('vocabulary rules', () => {
  it.each([
    ['src/main/mcp/a.ts', 'src/main/masking/b.ts'],
    ['src/main/observability/a.ts', 'src/main/connectors/b.ts'],
    ['src/main/masking/a.ts', 'src/main/options/b.ts'],
  ])('the vocabulary rules forbid the file %s to import %s', (from, to) => {
    expect(checkVocabularies(tree({ [from]: [to] }))).toHaveLength(1);
  });

  it('the vocabulary rules allow imports from `src/shared` and of files in the same folder', () => {
    expect(checkVocabularies(tree({ 'src/main/mcp/a.ts': ['src/main/mcp/b.ts', 'src/shared/c.ts'] }))).toEqual([]);
  });

  it('the vocabulary rules forbid connectors to import options, except for the interfaces that a host implements', () => {
    const from = 'src/main/connectors/bring-up/a.ts';
    expect(checkVocabularies(tree({ [from]: ['src/main/options/host-interfaces.ts'] }))).toEqual([]);
    expect(checkVocabularies(tree({ [from]: ['src/main/options/options.ts'] }))).toHaveLength(1);
  });
});

describe('transport rules', () => {
  const stdio = 'src/main/connectors/stdio/a.ts';
  const http = 'src/main/connectors/streamable-http/b.ts';

  it('the transport rules forbid imports between transports', () => {
    expect(checkTransports(tree({ [stdio]: [http] }))).toEqual([expect.stringContaining('stdio and streamable-http')]);
  });

  it('the transport rules allow only `choose-connect.ts` to import several transports', () => {
    expect(checkTransports(tree({ 'src/main/connectors/bring-up/choose-connect.ts': [stdio, http] }))).toEqual([]);
    expect(checkTransports(tree({ 'src/main/connectors/bring-up/other.ts': [stdio, http] }))).toHaveLength(1);
  });

  it('the transport rules forbid the view of the status page to import the manager', () => {
    const view = 'src/main/gateway/status-page/view/a.ts';
    expect(checkTransports(tree({ [view]: ['src/main/manager/manager-status.ts'] }))).toHaveLength(1);
    expect(checkTransports(tree({ [view]: ['src/main/gateway/status-page/model/b.ts'] }))).toEqual([]);
  });
});

describe('size rules', () => {
  it('the size rules allow at most 250 lines per file and 12 files per folder', () => {
    const linesOf = (count: number): SourceFile => parseSourceFile('src/shared/a.ts', 'f();\n'.repeat(count));
    expect(checkSizes([linesOf(250)])).toEqual([]);
    expect(checkSizes([linesOf(251)])).toEqual(['long file: src/shared/a.ts has 251 lines, of at most 250']);
    const filesOf = (count: number): readonly SourceFile[] =>
      Array.from({ length: count }, (_, index) => parseSourceFile(`src/shared/x/a${index}.ts`, ''));
    expect(checkSizes(filesOf(12))).toEqual([]);
    expect(checkSizes(filesOf(13))).toEqual(['full folder: src/shared/x has 13 files, of at most 12']);
  });

  it.each(['src/main/misc/a.ts', 'src/shared/utils.ts', 'src/shared/core/a.ts'])(
    'the size rules reject the vague name in the path %s',
    (path) => {
      expect(checkSizes(tree({ [path]: [] }))).toEqual([expect.stringContaining('vague name')]);
    },
  );
});

describe('worker rules', () => {
  const entry = 'src/workers/load/x.task.ts';
  const starter = parseSourceFile('src/main/a.ts', "workerUrl('workers/load/x.task');");

  it('the worker rules allow code to start a worker by the URL of its entry file', () => {
    expect(checkWorkers([starter, ...tree({ [entry]: [] })])).toEqual([]);
  });

  it('the worker rules require that each worker entry file exists and that some code starts it', () => {
    expect(checkWorkers([starter])).toEqual([expect.stringContaining('not the entry file')]);
    expect(checkWorkers(tree({ [entry]: [] }))).toEqual([`worker: nothing starts ${entry}`]);
  });

  it('the worker rules forbid imports of worker entry files, including type imports', () => {
    const files = [starter, ...tree({ [entry]: [], 'src/workers/load/y.ts': [entry] })];
    expect(checkWorkers(files)).toEqual([expect.stringContaining('started, never imported')]);
  });
});

it('the architecture rules find nothing wrong in this repository', () => {
  const files = readSourceTree('.', 'src');
  expect(RULES.flatMap((rule) => rule(files))).toEqual([]);
});
