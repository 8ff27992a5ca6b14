/**
 * Watches the event loop of this thread. `stop()` returns the longest time for which the event loop was blocked, in
 * milliseconds.
 */
export function watchStall(): { stop(): number } {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(longest, performance.now() - last - 1);
    },
  };
}
