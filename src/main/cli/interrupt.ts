/** Resolves with the exit code of the first SIGINT or SIGTERM, which ends things in order; a second one ends the process at once. */
export function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      process.once(signal, () => {
        resolve(code);
        process.once(signal, () => process.exit(code));
      });
    }
  });
}
