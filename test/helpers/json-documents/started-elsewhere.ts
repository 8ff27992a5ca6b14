import type { DocumentCase } from './document-case.ts';

/** Commands that need several minutes, a separate process or a Redis server to succeed. Other test files run them. */
export const STARTED_ELSEWHERE = [
  { command: 'serve', code: 0, members: ['url', 'mcp', 'pid'] },
  { command: 'demo', code: 0, members: ['serviceMap', 'connectors', 'calls', 'gateway', 'loads'] },
  {
    ...{ command: 'bench', code: 0 },
    members: ['report', 'name', 'question', 'date', 'command', 'commit', 'machine', 'node', 'sections'],
  },
  { command: 'fleet status', code: 0, members: ['id', 'hosts', 'roles', 'server', 'maps'] },
  { command: 'fleet hosts', code: 0, members: ['hosts'] },
  { command: 'fleet check', code: 0, members: ['findings'] },
] as const satisfies readonly DocumentCase[];

/** Returns the case of a command. */
export function startedElsewhere(command: (typeof STARTED_ELSEWHERE)[number]['command']): DocumentCase {
  const found = STARTED_ELSEWHERE.find((one) => one.command === command);
  if (found === undefined) throw new Error(`${command} has no case`);
  return found;
}
