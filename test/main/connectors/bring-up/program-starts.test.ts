import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgramStarts, type StartSlot } from '../../../../src/main/connectors/bring-up/program-starts.ts';

/** Stdio servers that request slots, and the order in which they received their slots. */
class Programs {
  readonly started: string[] = [];
  readonly slots = new Map<string, StartSlot>();
  readonly #starts: ProgramStarts;

  constructor(starts: ProgramStarts) {
    this.#starts = starts;
  }

  async ask(name: string, signal: AbortSignal = new AbortController().signal, urgent: Promise<void> | null = null) {
    const slot = await this.#starts.acquire(signal, urgent);
    this.started.push(name);
    this.slots.set(name, slot);
  }

  async askAll(...names: readonly string[]): Promise<void> {
    for (const name of names) void this.ask(name);
    await vi.advanceTimersByTimeAsync(0);
  }

  async says(name: string): Promise<void> {
    this.slots.get(name)?.spoke();
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** Returns a meter that reports `share.now` as the number of idle processors. */
function idleBy(share: { now: number }) {
  return { begin: () => {}, take: () => share.now };
}

const busy = { now: 0 };

describe('ProgramStarts', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const create = (share: { now: number } = busy, limit: number | null = null): ProgramStarts =>
    new ProgramStarts({ limit, parallelism: 2, idleProcessors: idleBy(share) });

  it('ProgramStarts starts one process more than there are processors, and one more after the first message of each', async () => {
    const programs = new Programs(create());
    await programs.askAll('a', 'b', 'c', 'd', 'e');
    expect(programs.started).toEqual(['a', 'b', 'c']);
    await programs.says('b');
    expect(programs.started).toEqual(['a', 'b', 'c', 'd']);
    await programs.says('b');
    expect(programs.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('ProgramStarts frees the slot of a process that exits without output', async () => {
    const programs = new Programs(create());
    await programs.askAll('a', 'b', 'c', 'd');
    programs.slots.get('a')?.ended();
    await vi.advanceTimersByTimeAsync(0);
    expect(programs.started).toContain('d');
  });

  it('ProgramStarts frees the slot of a silent process after exactly 5 s', async () => {
    const programs = new Programs(create());
    await programs.askAll('a', 'b', 'c', 'd');
    await vi.advanceTimersByTimeAsync(4_999);
    expect(programs.started).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(programs.started).toHaveLength(4);
  });

  it('ProgramStarts starts one more process for each idle processor every 250 ms', async () => {
    const share = { now: 1 };
    const programs = new Programs(create(share));
    await programs.askAll('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await vi.advanceTimersByTimeAsync(249);
    expect(programs.started).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(programs.started).toHaveLength(5);
    share.now = 0.31;
    await vi.advanceTimersByTimeAsync(250);
    expect(programs.started).toHaveLength(6);
    share.now = 0.3;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(programs.started).toHaveLength(6);
  });

  it('ProgramStarts allows at most 32 processes that have not yet sent a first message', async () => {
    const programs = new Programs(create({ now: 1 }));
    await programs.askAll(...Array.from({ length: 40 }, (_, index) => `p${index}`));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(programs.started).toHaveLength(32);
    await programs.says('p31');
    await vi.advanceTimersByTimeAsync(250);
    expect(programs.started).toHaveLength(33);
  });

  it('ProgramStarts starts a process immediately and without a slot if a caller waits for it', async () => {
    const programs = new Programs(create());
    await programs.askAll('a', 'b', 'c', 'd');
    const urgent = Promise.withResolvers<void>();
    void programs.ask('wanted', undefined, urgent.promise);
    await vi.advanceTimersByTimeAsync(0);
    expect(programs.started).not.toContain('wanted');
    urgent.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(programs.started).toEqual(['a', 'b', 'c', 'wanted']);
    await programs.says('wanted');
    expect(programs.started).not.toContain('d');
  });

  it('ProgramStarts uses the configured limit instead of the number of processors, even if processors are idle', async () => {
    const programs = new Programs(create({ now: 1 }, 1));
    await programs.askAll('a', 'b');
    await vi.advanceTimersByTimeAsync(4_999);
    expect(programs.started).toEqual(['a']);
    await programs.says('a');
    expect(programs.started).toEqual(['a', 'b']);
  });

  it('ProgramStarts removes a process from its queue if the wait for a slot is aborted', async () => {
    const starts = create();
    const programs = new Programs(starts);
    await programs.askAll('a', 'b', 'c');
    const leaving = new AbortController();
    const left = programs.ask('left', leaving.signal);
    void programs.ask('next');
    leaving.abort(new Error('no longer wanted'));
    await expect(left).rejects.toThrow('no longer wanted');
    await programs.says('a');
    expect(programs.started).toEqual(['a', 'b', 'c', 'next']);
    expect(starts.waiting).toBe(0);
    await expect(programs.ask('late', leaving.signal)).rejects.toThrow('no longer wanted');
  });

  it('ProgramStarts frees a slot if the wait for it is aborted in the turn of the event loop that grants the slot', async () => {
    const programs = new Programs(create());
    await programs.askAll('a', 'b', 'c');
    const leaving = new AbortController();
    const left = programs.ask('left', leaving.signal);
    programs.slots.get('a')?.spoke();
    leaving.abort(new Error('too late'));
    await expect(left).rejects.toThrow('too late');
    await programs.askAll('next');
    expect(programs.started).toContain('next');
  });
});
