import { isCallWord } from '../calling/call-words.ts';
import { type FunctionForm, isFunctionForm, readFunctionForm } from '../calling/function-form.ts';
import { isAddress } from '../flags/is-address.ts';
import { misuse } from '../flags/option-values.ts';

/** What the words of `call` name. */
export interface CallTarget {
  /** The address of a server that was typed. */
  readonly address?: string;
  /** The tool as it was written. */
  readonly tool: string;
  /** Where it was written as a call. */
  readonly form: FunctionForm | null;
  /** The words behind it. */
  readonly words: readonly string[];
}

/**
 * Takes the words of `call` apart: `[address] tool …`, `connector tool …`, where the tool may be written as a call.
 * Throws OPTIONS_INVALID where the tool is missing.
 */
export function readCallTarget(given: readonly string[]): CallTarget {
  const [first, ...rest] = given;
  if (isAddress(first)) return { address: first, ...toolOf(rest, first) };
  const [second] = rest;
  // `linear create_issue title=x`, as mcporter has it.
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
