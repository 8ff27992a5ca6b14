import { posix } from 'node:path';
import { findCircles } from './circles.ts';
import type { Import, SourceFile } from './source-tree.ts';

/** The layers of src/main, from top to bottom. Folders of the same layer may import each other, but not in a circle. */
const LAYERS: readonly (readonly string[])[] = [
  ['index.ts', 'cli'],
  ['gateway'],
  ['manager'],
  ['sources'],
  ['registry'],
  ['service-map', 'tools', 'local-config'],
  ['connectors', 'state-dir'],
  ['options', 'writer', 'fleet', 'http', 'recording'],
  ['threads'],
  ['observability', 'mcp', 'masking'],
];

/** Folders of src/main that may import only src/shared. The rules call these folders vocabularies. */
const VOCABULARIES: readonly string[] = ['mcp', 'masking', 'observability'];

/** Folders of the transports of connectors, which must not import each other. */
const TRANSPORTS: readonly string[] = ['streamable-http', 'sse', 'stdio', 'replaced-api'];
const MEETING_PLACE = 'src/main/connectors/bring-up/choose-connect.ts';

const MAX_FILES = 12;
const MAX_LINES = 250;
export const MAX_COLUMNS = 120;
const VAGUE = /^(utils?|misc|common|core|helpers?|small-parts|stuff)(\.|$)/;

/** A rule about the layout of src. It returns one line of text for each finding. */
export type Rule = (files: readonly SourceFile[]) => readonly string[];

const importsOf = (files: readonly SourceFile[], kind: Import['kind'] = 'import'): readonly Import[] =>
  files.flatMap(({ imports }) => imports.filter((one) => one.kind === kind && one.to.startsWith('src/')));

const within = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

/** Rule 1: no folder imports from a folder above it, and nothing imports in a circle. */
export const checkLayers: Rule = (files) => {
  const upward = importsOf(files).flatMap((one) => {
    const reason = layerReason(one);
    return reason === null ? [] : [`upward import: ${show(one)} (${reason})`];
  });
  return [...upward, ...findCircles(importsOf(files))];
};

function layerReason({ from, to }: Import): string | null {
  const [source, target] = [areaOf(from), areaOf(to)];
  if (target === source || target === 'shared') {
    if (source !== 'main' || target !== 'main') return null;
    const [above, below] = [layerOf(from), layerOf(to)];
    if (above < 0) return `${from} is in no layer; add its folder to the layers`;
    if (below < 0) return `${to} is in no layer; add its folder to the layers`;
    return above <= below ? null : 'its layer is below';
  }
  return source === 'shared' ? 'shared/ knows neither main/ nor workers/' : `${source}/ never imports ${target}/`;
}

const areaOf = (path: string): string => path.split('/')[1] ?? '';
const layerOf = (path: string): number => {
  const folder = path.split('/')[2] ?? '';
  return LAYERS.findIndex((layer) => layer.includes(folder));
};

/**
 * Rule 2: the vocabularies import only shared/. The folder `connectors` imports nothing from the folder `options`
 * except the interfaces that a host implements.
 */
export const checkVocabularies: Rule = (files) =>
  importsOf(files).flatMap((one) => {
    const vocabulary = VOCABULARIES.find((name) => within(one.from, `src/main/${name}`));
    if (vocabulary !== undefined && !within(one.to, `src/main/${vocabulary}`) && !within(one.to, 'src/shared'))
      return [`vocabulary: ${show(one)} (${vocabulary}/ only imports shared/)`];
    const takesOptions = within(one.from, 'src/main/connectors') && within(one.to, 'src/main/options');
    return takesOptions && one.to !== 'src/main/options/host-interfaces.ts'
      ? [`options: ${show(one)} (connectors/ only takes types from options/host-interfaces.ts)`]
      : [];
  });

/** Rule 3: only one file imports several transports. The view of the status page never imports the manager. */
export const checkTransports: Rule = (files) => [
  ...files.flatMap((file) => {
    const own = transportOf(file.path);
    const reached = new Set(importsOf([file]).flatMap(({ to }) => transportOf(to) ?? []));
    if (own !== null) reached.add(own);
    return reached.size > 1 && file.path !== MEETING_PLACE
      ? [`transports: ${file.path} knows ${[...reached].sort().join(' and ')}; only ${MEETING_PLACE} may`]
      : [];
  }),
  ...importsOf(files)
    .filter(({ from, to }) => within(from, 'src/main/gateway/status-page/view') && within(to, 'src/main/manager'))
    .map((one) => `view: ${show(one)} (it only renders the model)`),
];

function transportOf(path: string): string | null {
  const [, folder] = /^src\/main\/connectors\/([^/]+)\//.exec(path) ?? [];
  return folder !== undefined && TRANSPORTS.includes(folder) ? folder : null;
}

/** Rule 4: folders and files are not too large, and have no vague names. Wide lines are counted in wide-lines.ts. */
export const checkSizes: Rule = (files) => {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [
    ...files
      .filter(({ lines }) => lines.length > MAX_LINES)
      .map(({ path, lines }) => `long file: ${path} has ${lines.length} lines, of at most ${MAX_LINES}`),
    ...[...counts]
      .filter(([, count]) => count > MAX_FILES)
      .map(([folder, count]) => `full folder: ${folder} has ${count} files, of at most ${MAX_FILES}`),
    ...[...counts.keys(), ...files.map(({ path }) => path)]
      .filter((path) => VAGUE.test(posix.basename(path)))
      .map((path) => `vague name: ${path}`),
  ];
};

/** Rule 5: code refers to a worker by the URL of its entry file. That file must exist, and no file imports it. */
export const checkWorkers: Rule = (files) => {
  const paths = new Set(files.map(({ path }) => path));
  const isEntry = (path: string): boolean => /\.(task|worker)\.ts$/.test(path);
  const named = importsOf(files, 'worker').filter(({ to }) => within(to, 'src/workers'));
  const started = new Set(named.map(({ to }) => to));
  return [
    ...named
      .filter(({ to }) => !paths.has(to) || !isEntry(to))
      .map(({ from, to }) => `worker: ${from} starts ${to}, which is not the entry file of a worker`),
    ...importsOf(files)
      .filter(({ to }) => isEntry(to))
      .map((one) => `worker: ${show(one)} (an entry file is started, never imported)`),
    ...files
      .filter(({ path }) => within(path, 'src/workers') && isEntry(path) && !started.has(path))
      .map(({ path }) => `worker: nothing starts ${path}`),
  ];
};

export const RULES: readonly Rule[] = [checkLayers, checkVocabularies, checkTransports, checkSizes, checkWorkers];
