import { describe, expect, it } from 'vitest';
import { type Cancellation, LateSignal, signalOf } from '../../src/shared/cancellation.ts';

describe('LateSignal', () => {
  it('a LateSignal notifies its listeners once, in order, and keeps the first abort reason', () => {
    const late = new LateSignal();
    const heard: string[] = [];
    const removed = (): void => void heard.push('removed');
    late.addEventListener('abort', () => heard.push('one'));
    late.addEventListener('abort', removed);
    late.addEventListener('abort', () => heard.push('two'));
    late.removeEventListener('abort', removed);
    late.throwIfAborted();
    late.abort('first');
    late.abort('second');
    late.addEventListener('abort', () => heard.push('late'));
    expect(heard).toEqual(['one', 'two']);
    expect(late).toMatchObject({ aborted: true, reason: 'first' });
    expect(() => late.throwIfAborted()).toThrow('first');
  });

  it('a LateSignal provides an AbortSignal on request, before or after the abort', () => {
    const late = new LateSignal();
    const before = late.signal;
    expect(before.aborted).toBe(false);
    const reason = new Error('over');
    late.abort(reason);
    expect(before.reason).toBe(reason);
    const other = new LateSignal();
    other.abort(reason);
    expect(other.signal.reason).toBe(reason);
    expect(signalOf(other)).toBe(other.signal);
  });
});

describe('signalOf', () => {
  it('signalOf() returns an AbortSignal unchanged, and converts any other cancellation into an AbortSignal', () => {
    const { signal } = new AbortController();
    expect(signalOf(signal)).toBe(signal);
    const late = new LateSignal();
    const foreign: Cancellation = {
      get aborted() {
        return late.aborted;
      },
      get reason() {
        return late.reason;
      },
      throwIfAborted: () => late.throwIfAborted(),
      addEventListener: (type, listener) => late.addEventListener(type, listener),
      removeEventListener: (type, listener) => late.removeEventListener(type, listener),
    };
    const followed = signalOf(foreign);
    late.abort('over');
    expect(followed.reason).toBe('over');
    expect(signalOf(foreign).reason).toBe('over');
  });
});
