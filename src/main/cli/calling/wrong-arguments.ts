import { SwitchyardError } from '../../../shared/errors.ts';
import { parametersOf } from '../schema/parameters.ts';
import { functionLines, type SignedTool } from '../schema/signature.ts';
import type { Problem } from './check-arguments.ts';

/**
 * Error (OPTIONS_INVALID) for arguments that do not match the schema of a tool. The call was not sent to the server.
 */
export class WrongArguments extends SwitchyardError {
  readonly tool: SignedTool;
  readonly problems: readonly Problem[];
  /** Lines to print after the message: the signature of the tool with the errors marked, and an example. */
  readonly lines: readonly string[];

  constructor(tool: SignedTool, problems: readonly Problem[], { width, example }: { width: number; example: string }) {
    const list = problems.map(({ path, text }) => `${pathText(path)} ${text}`).join('; ');
    super('OPTIONS_INVALID', `Wrong arguments for ${tool.name} (nothing was sent): ${list}`, {
      detail: { tool: tool.name },
    });
    this.tool = tool;
    this.problems = problems;
    this.lines = [...markedLines(tool, problems, width), '', `Example: ${example}`];
  }
}

/** Formats a path, such as `filter.tags[0]`. */
export function pathText(path: readonly string[]): string {
  return path.map((step, index) => (index === 0 ? step : /^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
}

function markedLines(tool: SignedTool, problems: readonly Problem[], width: number): readonly string[] {
  const known = new Set(parametersOf(tool.inputSchema, tool.inputSchema).list.map(({ name }) => name));
  const textOf = ({ path, text }: Problem): string => (path.length === 1 ? text : `${pathText(path)} ${text}`);
  const marks = new Map<string, string>();
  for (const problem of problems) {
    const [name = ''] = problem.path;
    if (known.has(name)) marks.set(name, [marks.get(name) ?? [], textOf(problem)].flat().join('; '));
  }
  const lines = functionLines(tool, { width, marks });
  const unknown = problems.filter(({ path: [name = ''] }) => !known.has(name));
  const more = unknown.map(({ path, text }) => `  ${pathText(path)}  ← ${text}`);
  return ['', ...lines, ...more];
}
