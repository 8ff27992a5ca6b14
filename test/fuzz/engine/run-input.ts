import { messageOf } from '../../../src/shared/errors.ts';
import { DEFAULT_MAX_CPU_MS, type Finding, type FuzzTarget, type RunningTarget } from './fuzz-target.ts';

const MAX_FRAMES = 4;

/** Runs inputs of one target and returns the rule that each one broke. */
export class InputRunner implements Disposable {
  readonly #running: RunningTarget;
  readonly #maxCpuMs: number;
  /** Unhandled rejections since the last input. */
  readonly #unhandled: unknown[] = [];
  readonly #onUnhandled = (reason: unknown): void => void this.#unhandled.push(reason);

  constructor(target: FuzzTarget, running: RunningTarget) {
    this.#running = running;
    this.#maxCpuMs = target.maxCpuMs ?? DEFAULT_MAX_CPU_MS;
    process.on('unhandledRejection', this.#onUnhandled);
    process.on('uncaughtException', this.#onUnhandled);
  }

  /** Resolves with null for an input that broke no rule. Never rejects. */
  async run(input: Uint8Array): Promise<Finding | null> {
    const startedMs = performance.now();
    try {
      const running = this.#running.run(input);
      if (running !== undefined) await running;
    } catch (error) {
      return failure(error, input);
    }
    if (this.#unhandled.length > 0) return failure(this.#unhandled.splice(0)[0], input, 'unhandled: ');
    // A busy machine or a garbage collection may stretch the clock. So processor time is measured, twice, and the lower
    // value counts.
    if (performance.now() - startedMs <= this.#maxCpuMs) return null;
    const cpuMs = Math.min(await this.#cpuMs(input), await this.#cpuMs(input));
    if (cpuMs <= this.#maxCpuMs) return null;
    const message = `${input.length} bytes take more than ${this.#maxCpuMs} ms of processor time`;
    return { kind: 'slow', message, frames: [], input };
  }

  /** Resolves with a finding if rejections surfaced only after the inputs that caused them. */
  async late(input: Uint8Array): Promise<Finding | null> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#unhandled.length > 0 ? failure(this.#unhandled.splice(0)[0], input, 'unhandled: ') : null;
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#onUnhandled);
    process.off('uncaughtException', this.#onUnhandled);
  }

  async #cpuMs(input: Uint8Array): Promise<number> {
    const before = process.threadCpuUsage();
    await this.#running.run(input);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  }
}

function failure(error: unknown, input: Uint8Array, prefix = ''): Finding {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:internal'))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim().replace(/file:\/\/.*?\/(?=(src|test|node_modules)\/)/, ''));
  return { kind: 'error', message: prefix + messageOf(error), frames, input };
}
