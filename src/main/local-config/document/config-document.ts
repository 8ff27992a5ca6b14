import { SwitchyardError } from '../../../shared/errors.ts';
import { type ConfigFormat, formatOfName, formatOfText, nameOfFormat } from './config-format.ts';
import type { ConfigNode } from './config-node.ts';
import { parseJson } from './parse-json.ts';
import { parseToml } from './parse-toml.ts';
import { parseYaml } from './parse-yaml.ts';
import { SyntaxFault } from './syntax-fault.ts';

/** Position in a file. Lines and columns are counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const PARSERS: Readonly<Record<ConfigFormat, (text: string) => ConfigNode>> = {
  json: parseJson,
  toml: parseToml,
  yaml: parseYaml,
};

/**
 * A parsed configuration file that knows the position of every value. The format is TOML, YAML, or JSON in which
 * comments and trailing commas are allowed.
 */
export class ConfigDocument {
  readonly root: ConfigNode;
  readonly source: string;
  readonly format: ConfigFormat;
  readonly #lineStarts: readonly number[];

  /**
   * Parses `given`. The extension of the file name `source` determines the format. If the extension is unknown, the
   * format is detected from the text. A byte order mark is ignored. Throws CONFIG_INVALID, with line and column, if the
   * text does not have that format or is nested deeper than 64 levels.
   */
  constructor(given: string, source: string) {
    const text = given.replace(/^\ufeff/, '');
    this.source = source;
    this.format = formatOfName(source) ?? formatOfText(text);
    this.#lineStarts = lineStartsOf(text);
    try {
      this.root = PARSERS[this.format](text);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      throw this.invalid(error.offset, `${error.message}${this.#betterName(text)}`);
    }
  }

  positionOf(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** Creates a CONFIG_INVALID error for this file: `why` is the reason, and `offset` is the position of the problem. */
  invalid(offset: number, why: string): SwitchyardError {
    const { line, column } = this.positionOf(offset);
    return new SwitchyardError('CONFIG_INVALID', `${this.source}:${line}:${column}: ${why}.`, {
      detail: { source: this.source, line, column },
    });
  }

  /**
   * Returns a hint if the format of the text differs from the extension of the file name; otherwise an empty string.
   */
  #betterName(text: string): string {
    const format = formatOfText(text);
    if (format === this.format || !isValid(text, format)) return '';
    return `; this is ${nameOfFormat(format)}: give the file a name that ends in .${format}`;
  }
}

function isValid(text: string, format: ConfigFormat): boolean {
  try {
    return PARSERS[format](text).type === 'object';
  } catch {
    return false;
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
