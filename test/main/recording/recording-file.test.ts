import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Recording } from '../../../src/main/recording/recording.ts';
import { RecordingFile } from '../../../src/main/recording/recording-file.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const message = (id: number): object => ({ jsonrpc: '2.0', id, method: 'ping' });
const linesOf = (path: string): readonly { message?: { id: number } }[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Records one message in a file. */
async function recordOne(path: string, id: number, isAppending = false): Promise<void> {
  const recording = new Recording(await RecordingFile.open(path, isAppending));
  recording.connection(null).note('server', message(id) as never);
  await recording.close();
}

describe('RecordingFile', () => {
  it('a new recording replaces an existing file or link by a file that only its user can read', async () => {
    using folder = new TempDir();
    const [path, other] = [join(folder.path, 'a.jsonl'), join(folder.path, 'other')];
    writeFileSync(other, 'keep me');
    chmodSync(other, 0o666);
    symlinkSync(other, path);
    await recordOne(path, 1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(other, 'utf8')).toBe('keep me');
    expect(linesOf(path)).toMatchObject([
      { mcpRecording: 1, note: expect.stringContaining('review this file before you share it') },
      { message: { id: 1 } },
    ]);
    await recordOne(path, 2);
    expect(linesOf(path).map((line) => line.message?.id)).toEqual([undefined, 2]);
  });

  it('a new recording replaces an existing file only when a message from the server is recorded', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    writeFileSync(path, 'earlier');
    const unanswered = new Recording(await RecordingFile.open(path));
    unanswered.connection(null).note('client', message(1) as never);
    await unanswered.close();
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    const answered = new Recording(await RecordingFile.open(path));
    answered.connection(null).note('client', message(2) as never);
    answered.connection(null).note('server', message(3) as never);
    await answered.close();
    expect(linesOf(path).map((line) => line.message?.id)).toEqual([undefined, 2, 3]);
    expect(readdirSync(folder.path)).toEqual(['a.jsonl']);
  });

  it('a recording is continued after its last complete line', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    await recordOne(path, 1);
    writeFileSync(path, '{"connector":null,"connection":1,"from":"cl', { flag: 'a' });
    await recordOne(path, 2, true);
    expect(linesOf(path).map((line) => line.message?.id)).toEqual([undefined, 1, 2]);
    await recordOne(join(folder.path, 'new.jsonl'), 3, true);
    expect(linesOf(join(folder.path, 'new.jsonl'))).toHaveLength(2);
  });

  it('a recording is not continued in a file that is not a recording, or in a missing folder', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    writeFileSync(path, 'a diary\n');
    await expect(RecordingFile.open(path, true)).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
    expect(readFileSync(path, 'utf8')).toBe('a diary\n');
    await expect(RecordingFile.open(join(folder.path, 'none', 'a'))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('a recording is not written to a pipe, a folder or a link to a pipe, and these stay in place', async () => {
    using folder = new TempDir();
    const [pipe, link, inner] = ['pipe', 'link', 'inner'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('mkfifo', [pipe]);
    symlinkSync(pipe, link);
    mkdirSync(inner);
    for (const path of [pipe, link, inner]) {
      for (const isAppending of [false, true]) {
        const opening = RecordingFile.open(path, isAppending);
        await expect(opening).rejects.toMatchObject({
          code: 'OPTIONS_INVALID',
          message: expect.stringContaining('not a regular file'),
        });
      }
    }
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('nothing is added to a recording after it is closed', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    const file = await RecordingFile.open(path);
    await file.close();
    file.write('late\n');
    await file.drained();
    expect(readFileSync(path, 'utf8')).not.toContain('late');
    expect(file.failure).toBeNull();
  });
});
