const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the exit code of the first SIGINT or SIGTERM, so that the caller can shut down in order. A second
 * signal ends the process at once, with its own exit code.
 */
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
