import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramKind, ProgramSpec, StartJob, StartSample } from './job.ts';

const PROGRAM = fileURLToPath(new URL('./scripted-program.ts', import.meta.url));
const PROCESS = fileURLToPath(new URL('./start-process.ts', import.meta.url));

/** Some servers of the same kind. */
export interface Group {
  readonly kind: ProgramKind;
  readonly ms: number;
  readonly count: number;
}

/**
 * Starts all servers of `groups` in one way, in a new process. Servers that never answer are spread among the others.
 */
export async function measureStart(way: string, groups: readonly Group[], capMs: number): Promise<StartSample> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  try {
    const programs = spread(groups.map(programsOf));
    const configFile = join(folder, 'servers.json');
    const entries = programs.map(({ name, command, args }) => [name, { command, args }]);
    writeFileSync(configFile, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));
    return await inProcess(way, { programs, configFile, capMs });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function programsOf({ kind, ms, count }: Group): ProgramSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${kind}-${index}`,
    command: process.execPath,
    args: [PROGRAM, kind, String(ms)],
    isSilent: kind === 'silent',
  }));
}

/** Merges lists. The items of each list are spread evenly over the result. */
function spread(lists: readonly (readonly ProgramSpec[])[]): ProgramSpec[] {
  const placed = lists.flatMap((list) => list.map((item, index) => ({ item, place: (index + 0.5) / list.length })));
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

async function inProcess(way: string, job: StartJob): Promise<StartSample> {
  const child = spawn(process.execPath, [PROCESS, way, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const limit = setTimeout(kill, job.capMs + 30_000);
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      seen[name] += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  process.off('exit', kill);
  if (code !== 0) throw new Error(`The process for ${way} ended with exit code ${code}: ${seen.stderr.slice(-1_000)}`);
  return JSON.parse(seen.stdout) as StartSample;
}
