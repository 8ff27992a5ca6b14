import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  announceJson,
  answerJson,
  printAnswer,
  reportFailure,
  startAnswer,
} from '../../../../src/main/cli/terminal/json-document.ts';
import { failureFrom } from '../../../../src/main/cli/terminal/output.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

let printed = '';
beforeEach(() => {
  startAnswer();
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

const failure = failureFrom({ code: 'TOOL_FAILED', message: 'It broke' });

describe('printAnswer', () => {
  it('a --json document of a successful command has the fields of its result after `ok`', () => {
    answerJson({ tools: [] });
    printAnswer(0);
    expect(printed).toBe('{\n  "ok": true,\n  "tools": []\n}\n');
  });

  it('a --json document of a failed command has the error before its other fields', () => {
    answerJson({ tools: [] }, failure);
    printAnswer(1);
    expect(Object.entries(JSON.parse(printed))).toEqual([
      ['ok', false],
      ['error', failure],
      ['tools', []],
    ]);
  });

  it('only the last result is printed as a --json document, such as an error that follows a success', () => {
    answerJson({ tools: [] });
    expect(reportFailure(new SwitchyardError('OPTIONS_INVALID', 'Wrong'))).toBe(2);
    printAnswer(2);
    expect(JSON.parse(printed)).toMatchObject({ ok: false, error: { code: 'OPTIONS_INVALID', detail: {} } });
    expect(printed).not.toContain('tools');
  });

  it.each([
    [130, 'CLOSED', 'SIGINT'],
    [143, 'CLOSED', 'SIGTERM'],
    [137, 'WORKER_STUCK', 'killed'],
    [1, 'INTERNAL', 'exit code 1'],
  ])('a --json document without an error gets the error that belongs to exit code %i: %s', (exitCode, code, text) => {
    answerJson({ tools: [] });
    printAnswer(exitCode);
    const message = expect.stringContaining(text);
    expect(JSON.parse(printed)).toMatchObject({ ok: false, error: { code, message }, tools: [] });
  });

  it('no --json document is printed for a success without a result, such as help', () => {
    printAnswer(0);
    expect(printed).toBe('');
  });

  it('no --json document is printed if the command has already printed one as an announcement', () => {
    announceJson({ url: 'http://127.0.0.1:1' });
    printAnswer(1);
    expect(printed).toBe('{"ok":true,"url":"http://127.0.0.1:1"}\n');
  });

  it('a --json document cannot be made from a result with a field called `ok` or `error`', () => {
    // @ts-expect-error The envelope has these fields.
    answerJson({ ok: true });
    // @ts-expect-error The envelope has these fields.
    answerJson({ error: 'it broke' });
  });
});
