import { isCallWord } from '../calling/call-words.ts';
import { type FunctionForm, isFunctionForm, readFunctionForm } from '../calling/function-form.ts';
import { isAddress } from '../flags/is-address.ts';
import { misuse } from '../flags/option-values.ts';

/** The words of a `call` command line, split into the server, the tool and the arguments. */
export interface CallTarget {
  /** URL of the server, if the command line contains one. */
  readonly address?: string;
  /** The name of the tool, as the user typed it. */
  readonly tool: string;
  /** The parsed call if the tool was written as `tool(…)`; otherwise null. */
  readonly form: FunctionForm | null;
  /** The words that follow the tool's name. */
  readonly words: readonly string[];
}

/**
 * Splits the words of a `call` command line. Accepts `tool …`, `URL tool …` and `connector tool …`. The tool may also
 * be written as `tool(…)`. Throws OPTIONS_INVALID if the tool is missing.
 */
export function readCallTarget(given: readonly string[]): CallTarget {
  const [first, ...rest] = given;
  if (isAddress(first)) return { address: first, ...toolOf(rest, first) };
  const [second] = rest;
  // Accepts a connector and a tool as two words, as mcporter does: `linear create_issue title=x`.
  const isPair = first !== undefined && /^[\w-]+$/.test(first) && second !== undefined && !isCallWord(second);
  if (!isPair) return toolOf(given, null);
  const { tool, form, words } = toolOf(rest, null);
  return { tool: `${first}.${tool}`, form, words };
}

function toolOf(words: readonly string[], address: string | null): Omit<CallTarget, 'address'> {
  const [word, ...rest] = words;
  if (word === undefined || (word !== '' && isCallWord(word) && !isFunctionForm(word)))
    throw misuse(
      address === null
        ? 'The tool is missing: name it as CONNECTOR.TOOL; `mcp-switchyard tools` lists them'
        : `The tool is missing: name it after the address; \`mcp-switchyard tools ${address}\` lists them`,
    );
  if (!isFunctionForm(word)) return { tool: word, form: null, words: rest };
  const form = readFunctionForm(word);
  return { tool: form.target, form, words: rest };
}
