const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the exit code for the first SIGINT or SIGTERM, so that the caller can shut down in an orderly way. A
 * second signal ends the process immediately.
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
