/** The markers of a code block: what the HTML comments before it say. */
export interface Markers {
  /** The REASON in `no-run: REASON`, which means that the block is not run. */
  readonly noRun: string | null;
  /** The PATH in `tested-by: PATH`, which names another test that runs the block. */
  readonly testedBy: string | null;
  /** `compile-only`: the program is compiled but not run. */
  readonly isCompileOnly: boolean;
  /** `continues`: the program continues the previous program on the page. */
  readonly continues: boolean;
  /** `keep-running`: the program runs until the end of the page. */
  readonly keepsRunning: boolean;
  /** The NAME in `setup: NAME`, which is what the block needs from `setups.ts`. */
  readonly setup: string | null;
  /** The NAME in `file: NAME`, under which the block is written to a file. */
  readonly file: string | null;
  /** The CODE in `exit: CODE`, which is the exit code that the commands must have. Defaults to 0. */
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

/** Reads the HTML comments before a block. Throws if a comment is not a marker, for example because it is misspelt. */
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
