import { describe, expect, it } from 'vitest';
import { errorLineOf } from '../../../../src/main/connectors/stdio/error-line.ts';

describe('errorLineOf', () => {
  it("errorLineOf() returns what npm says about a missing package, not the path of npm's log", () => {
    const stderr = [
      'npm warn exec The following package was not found and will be installed: nosuch@1.0.0',
      'npm error code E404',
      'npm error 404 Not Found - GET https://registry.npmjs.org/nosuch - Not found',
      'npm error 404',
      "npm error 404  'nosuch@*' is not in this registry.",
      'npm error A complete log of this run can be found in: /home/me/.npm/_logs/1-debug-0.log',
      '',
    ].join('\n');
    expect(errorLineOf(stderr)).toBe('npm error 404 Not Found - GET https://registry.npmjs.org/nosuch - Not found');
  });

  it('errorLineOf() skips the details that older versions of npm print before the reason', () => {
    const stderr =
      'npm ERR! code ENOTEMPTY\nnpm ERR! syscall rename\nnpm ERR! path /x\nnpm ERR! errno -39\n' +
      'npm ERR! ENOTEMPTY: directory not empty\n\nnpm ERR! A complete log of this run can be found in: /log\n';
    expect(errorLineOf(stderr)).toBe('npm ERR! ENOTEMPTY: directory not empty');
  });

  it('errorLineOf() returns the message of an uncaught error, not the version of Node.js', () => {
    const stderr =
      "node:internal/modules/esm/resolve:275\n    throw new ERR_MODULE_NOT_FOUND();\n          ^\n\nError [ERR_MODULE_NOT_FOUND]: Cannot find module '/x.js'\n" +
      "    at file:///y.js:1:1 {\n  code: 'ERR_MODULE_NOT_FOUND'\n}\n\nNode.js v24.1.0\n";
    expect(errorLineOf(stderr)).toBe("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/x.js'");
  });

  it.each([
    ['Traceback (most recent call last):\n  File "x"\nKeyError: \'API_KEY\'\n', "KeyError: 'API_KEY'"],
    ['usage: server DIR\n', 'usage: server DIR'],
    ['Node.js v24.1.0\n', 'Node.js v24.1.0'],
    ['npm error canceled\n', 'npm error canceled'],
    ['npm error code E1\n', 'npm error code E1'],
    [' \n\n', ''],
  ])('if the output has no known form, such as %j, errorLineOf() returns its last line', (stderr, expected) => {
    expect(errorLineOf(stderr)).toBe(expected);
  });
});
