const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Resolves with the exit code of the first SIGINT or SIGTERM, which ends things in order; a second one of either kind ends the process at once, with its own. */
export function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const [signal, code] of Object.entries(CODES)) {
      process.on(signal, () => {
        if (isEnding) process.exit(code);
        isEnding = true;
        resolve(code);
      });
    }
  });
}
