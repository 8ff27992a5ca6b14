import { isCallWord } from '../calling/call-words.ts';
import { type FunctionForm, isFunctionForm, readFunctionForm } from '../calling/function-form.ts';
import { isAddress } from '../flags/is-address.ts';
import { misuse } from '../flags/option-values.ts';

/** The parts of a call's command line. */
export interface CallTarget {
  /** URL of the server, if one was typed. */
  readonly address?: string;
  /** The tool as it was typed. */
  readonly tool: string;
  /** The call in brackets, if the tool was written as `tool(…)`. */
  readonly form: FunctionForm | null;
  /** The words after the tool. */
  readonly words: readonly string[];
}

/**
 * Reads the words of `call`: `[address] tool …` or `connector tool …`, where the tool may be written as a call. Throws
 * OPTIONS_INVALID if the tool is missing.
 */
export function readCallTarget(given: readonly string[]): CallTarget {
  const [first, ...rest] = given;
  if (isAddress(first)) return { address: first, ...toolOf(rest, first) };
  const [second] = rest;
  // `linear create_issue title=x`, as in mcporter.
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
