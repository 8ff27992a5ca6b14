import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** One instruction of a Dockerfile, with its continuation lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Returns the instructions of a Dockerfile, in order. */
export function readDockerfile(text: string): readonly Instruction[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, text: rest };
    });
}

/** The image that the last stage of a Dockerfile builds, and how a container starts from it. */
export interface BuiltImage {
  /** Path of its root folder. */
  readonly root: string;
  readonly workFolder: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly healthcheck: readonly string[];
  /** ENTRYPOINT and CMD. */
  readonly command: readonly string[];
}

/**
 * Simulates `docker build` with COPY and RUN. Each stage has its own folder below `scratch` as its root folder.
 * `context` is the build context.
 */
export function buildWithoutDocker(
  instructions: readonly Instruction[],
  { scratch, context, env: outer }: { scratch: string; context: string; env: NodeJS.ProcessEnv },
): BuiltImage {
  const roots = new Map<string, string>();
  let stage = { root: '', workFolder: '/', user: 'root', env: {} as Record<string, string> };
  let healthcheck: readonly string[] = [];
  let entrypoint: readonly string[] = [];
  let command: readonly string[] = [];
  const placeOf = (path: string): string =>
    join(stage.root, path.startsWith('/') ? path : join(stage.workFolder, path));
  for (const { name, text } of instructions) {
    if (name === 'FROM') {
      const as = / AS (\S+)$/.exec(text)?.[1] ?? 'last';
      stage = { root: join(scratch, as), workFolder: '/', user: 'root', env: {} };
      mkdirSync(stage.root, { recursive: true });
      roots.set(as, stage.root);
    } else if (name === 'ENV') {
      const [key = '', value = ''] = text.split('=', 2);
      stage.env[key] = value;
    } else if (name === 'WORKDIR') {
      stage.workFolder = text;
      mkdirSync(placeOf('.'), { recursive: true });
    } else if (name === 'USER') stage.user = text;
    else if (name === 'COPY') {
      const [, from, source = '', target = ''] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(text) ?? [];
      const folder = from === undefined ? context : roots.get(from);
      if (folder === undefined) throw new Error(`There is no stage ${from}`);
      const found = from === undefined ? globSync(source, { cwd: folder }) : [source];
      if (found.length !== 1) throw new Error(`COPY ${source} matches ${found.length} files`);
      for (const path of found) cpSync(join(folder, path), placeOf(target), { recursive: true });
    } else if (name === 'RUN') {
      const env = { ...outer, ...stage.env };
      const { status, stderr } = spawnSync('sh', ['-c', text], { cwd: placeOf('.'), env, encoding: 'utf8' });
      if (status !== 0) throw new Error(`RUN ${text} failed: ${stderr}`);
    } else if (name === 'HEALTHCHECK') healthcheck = JSON.parse(text.slice(text.indexOf('['))) as string[];
    else if (name === 'ENTRYPOINT') entrypoint = JSON.parse(text) as string[];
    else if (name === 'CMD') command = JSON.parse(text) as string[];
    else if (name !== 'EXPOSE' && name !== 'STOPSIGNAL') throw new Error(`The instruction ${name} is not supported`);
  }
  return { ...stage, workFolder: placeOf('.'), healthcheck, command: [...entrypoint, ...command] };
}
