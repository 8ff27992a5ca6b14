import { describe, expect, it } from 'vitest';
import { lateModule } from '../../src/shared/late-module.ts';

describe('lateModule', () => {
  it('lateModule() loads a module at the first call, once for all concurrent callers', async () => {
    let loads = 0;
    const load = lateModule('a module', async () => ({ number: ++loads }));
    expect(loads).toBe(0);
    const [first, second] = await Promise.all([load(), load()]);
    expect(first).toBe(second);
    expect(await load()).toBe(first);
    expect(loads).toBe(1);
  });

  it('lateModule() rejects with MODULE_NOT_LOADED and the cause, and retries at the next call', async () => {
    let isBroken = true;
    const load = lateModule('undici', async () => {
      if (isBroken) throw new Error('EMFILE: too many open files');
      return 'here';
    });
    const failures = await Promise.allSettled([load(), load()]);
    for (const failure of failures)
      expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'MODULE_NOT_LOADED' } });
    await expect(load()).rejects.toThrow('undici could not be loaded: EMFILE: too many open files');
    isBroken = false;
    expect(await load()).toBe('here');
  });
});
