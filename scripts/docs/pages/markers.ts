/** What the HTML comments before a block say about it. */
export interface Markers {
  /** `no-run: REASON`: the block is not run. */
  readonly noRun: string | null;
  /** `tested-by: PATH`: another test runs the block. */
  readonly testedBy: string | null;
  /** `compile-only`: the program is compiled, and not run. */
  readonly isCompileOnly: boolean;
  /** `continues`: the program continues the one before it on the page. */
  readonly continues: boolean;
  /** `keep-running`: the program stays up until the end of the page. */
  readonly keepsRunning: boolean;
  /** `setup: NAME`: the setup, from `setups.ts`, that the block needs. */
  readonly setup: string | null;
  /** `file: NAME`: the block is written under this name. */
  readonly file: string | null;
  /** `exit: CODE`: the exit code of the commands. Defaults to 0. */
  readonly exit: number;
}

export const NO_MARKERS: Markers = {
  noRun: null,
  testedBy: null,
  isCompileOnly: false,
  continues: false,
  keepsRunning: false,
  setup: null,
  file: null,
  exit: 0,
};

const READERS: Readonly<Record<string, (value: string) => Partial<Markers>>> = {
  'no-run': (value) => ({ noRun: value }),
  'tested-by': (value) => ({ testedBy: value }),
  setup: (value) => ({ setup: value }),
  file: (value) => ({ file: value }),
  exit: (value) => ({ exit: Number.parseInt(value, 10) }),
};

const FLAGS: Readonly<Record<string, Partial<Markers>>> = {
  'compile-only': { isCompileOnly: true },
  continues: { continues: true },
  'keep-running': { keepsRunning: true },
};

/** Reads the comments before a block. Throws for any other comment, such as a misspelt marker. */
export function readMarkers(place: string, comments: readonly string[]): Markers {
  let markers = NO_MARKERS;
  for (const comment of comments) {
    const [, name = '', value = ''] = /^([a-z-]+)(?::\s*([\s\S]+))?$/.exec(comment) ?? [];
    const read = value === '' ? FLAGS[name] : READERS[name]?.(value);
    if (read === undefined) throw new Error(`${place} has the comment "${comment}", which is not a marker`);
    markers = { ...markers, ...read };
  }
  return markers;
}
