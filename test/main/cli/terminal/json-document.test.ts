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
  it('a successful command with `--json` prints `ok`, followed by the fields of its result', () => {
    answerJson({ tools: [] });
    printAnswer(0);
    expect(printed).toBe('{\n  "ok": true,\n  "tools": []\n}\n');
  });

  it('a failed command with `--json` prints its error before the other fields of its result', () => {
    answerJson({ tools: [] }, failure);
    printAnswer(1);
    expect(Object.entries(JSON.parse(printed))).toEqual([
      ['ok', false],
      ['error', failure],
      ['tools', []],
    ]);
  });

  it('a command with `--json` prints only its last result, for example an error that follows a success', () => {
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
  ])(
    'a command with --json that reports no error but exits with %i prints the error %s (%s)',
    (exitCode, code, text) => {
      answerJson({ tools: [] });
      printAnswer(exitCode);
      const message = expect.stringContaining(text);
      expect(JSON.parse(printed)).toMatchObject({ ok: false, error: { code, message }, tools: [] });
    },
  );

  it('a successful command without a result, such as help, prints no `--json` document', () => {
    printAnswer(0);
    expect(printed).toBe('');
  });

  it('a command with `--json` that has announced its URL in a JSON document prints no second document', () => {
    announceJson({ url: 'http://127.0.0.1:1' });
    printAnswer(1);
    expect(printed).toBe('{"ok":true,"url":"http://127.0.0.1:1"}\n');
  });

  it('the compiler rejects a `--json` result with a field called `ok` or `error`', () => {
    // @ts-expect-error The envelope has these fields.
    answerJson({ ok: true });
    // @ts-expect-error The envelope has these fields.
    answerJson({ error: 'it broke' });
  });
});
