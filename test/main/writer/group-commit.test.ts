import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GroupCommit } from '../../../src/main/writer/group-commit.ts';
import type { ServerChange } from '../../../src/shared/servers/server-records.ts';
import { recordingLogger } from '../../helpers/log.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const put = (name: string, command = 'one'): ServerChange => ({ name, info: { name, transport: 'stdio', command } });

/** Creates a store whose writes end when the test says so. */
function setUp() {
  const writes: { readonly batch: readonly ServerChange[]; readonly answer: PromiseWithResolvers<void> }[] = [];
  const logger = recordingLogger();
  const commits = new GroupCommit((batch) => {
    const answer = Promise.withResolvers<void>();
    writes.push({ batch, answer });
    return answer.promise;
  }, logger);
  const events = () => logger.lines.map(({ fields }) => fields.event);
  return { writes, commits, events };
}

/** Waits until all pending promise callbacks have run. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('GroupCommit', () => {
  it('GroupCommit writes all changes of one event loop turn together, with only the last change of each server', async () => {
    const { writes, commits } = setUp();
    const durable = [commits.add([put('a')]), commits.add([put('b'), put('a', 'two')])];
    await settle();
    expect(writes.map(({ batch }) => batch)).toEqual([[put('a', 'two'), put('b')]]);
    expect(commits.isPending('a')).toBe(true);
    writes[0]?.answer.resolve();
    await Promise.all(durable);
    expect([commits.isPending('a'), commits.pending()]).toEqual([false, []]);
  });

  it('GroupCommit collects the changes that arrive during a write, and writes them together afterwards', async () => {
    const { writes, commits } = setUp();
    const first = commits.add([put('a')]);
    await settle();
    const later = [commits.add([put('a', 'two')]), commits.add([put('b')])];
    const settled = commits.settled();
    await settle();
    expect(writes).toHaveLength(1);
    expect(commits.pending()).toEqual([put('a', 'two'), put('b')]);
    writes[0]?.answer.resolve();
    await first;
    await settle();
    expect(writes[1]?.batch).toEqual([put('a', 'two'), put('b')]);
    writes[1]?.answer.resolve();
    await Promise.all([...later, settled]);
  });

  it('GroupCommit keeps failed changes without undoing newer changes, and retries them', async () => {
    const { writes, commits, events } = setUp();
    const first = commits.add([put('a'), put('b')]);
    await settle();
    const second = commits.add([put('a', 'two')]);
    writes[0]?.answer.reject(new Error('no space'));
    await expect(first).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'no space' });
    await expect(second).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await settle();
    expect([writes.length, commits.pending()]).toEqual([1, [put('a', 'two'), put('b')]]);

    vi.advanceTimersByTime(1_000);
    await settle();
    expect(writes[1]?.batch).toEqual([put('a', 'two'), put('b')]);
    writes[1]?.answer.resolve();
    await commits.settled();
    expect(events()).toEqual(['registry-write-failed', 'registry-recovered']);
  });

  it('GroupCommit logs a failure once, however often the retry fails', async () => {
    const { writes, commits, events } = setUp();
    commits.add([put('a')]).catch(() => {});
    for (let times = 0; times < 3; times += 1) {
      await settle();
      writes[times]?.answer.reject(new Error('no space'));
      await settle();
      vi.advanceTimersByTime(1_000);
    }
    expect([writes.length >= 3, events()]).toEqual([true, ['registry-write-failed']]);
  });

  it('GroupCommit retries nothing after it was stopped', async () => {
    const { writes, commits } = setUp();
    commits.add([put('a')]).catch(() => {});
    await settle();
    writes[0]?.answer.reject(new Error('no space'));
    await settle();
    commits.stop();
    vi.advanceTimersByTime(10_000);
    await settle();
    expect([writes.length, commits.pending()]).toEqual([1, [put('a')]]);
  });
});
