import { sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandPath, expandVariables, type VariableScope } from '../../../../src/main/local-config/entry/variables.ts';

const scope: VariableScope = { env: { HOME: '/home/me', TOKEN: 't', EMPTY: '' }, folder: '/work/project' };
const unknown: VariableScope = { ...scope, env: null };

describe('expandVariables', () => {
  it.each([
    ['plain text', 'plain text'],
    [`a-\${TOKEN}-\${env:TOKEN}`, 'a-t-t'],
    [`\${NOTHING:-fallback}`, 'fallback'],
    [`\${EMPTY:-fallback}`, 'fallback'],
    [`[\${EMPTY}]`, '[]'],
    [`\${NOTHING:-}`, ''],
    [`\${userHome}`, '/home/me'],
    [`\${workspaceFolder} \${workspaceRoot}`, '/work/project /work/project'],
    [`\${workspaceFolderBasename}`, 'project'],
    [`\${pathSeparator}\${/}`, sep + sep],
    [`\${1} \${not a name}`, `\${1} \${not a name}`],
  ])('expandVariables() expands %s to %s', (text, expected) => {
    expect(expandVariables(text, scope)).toEqual({ kind: 'text', text: expected });
  });

  it.each([
    [`\${NOTHING}`, 'needs the variable NOTHING, which is not set'],
    [`\${FIRST} \${SECOND}`, 'needs the variable FIRST, which is not set'],
    [`\${toString}`, 'needs the variable toString, which is not set'],
    [`\${a\${b}}`, 'nests one variable in another, which no client supports'],
    [`\${command:pick}`, `uses \${command:…}, which only VS Code knows`],
    [`\${config:a.b}`, `uses \${config:…}, which only VS Code knows`],
  ])('expandVariables() explains why %s cannot be expanded', (text, why) => {
    expect(expandVariables(text, scope)).toEqual({ kind: 'impossible', why });
  });

  it('the error of expandVariables() shows at most 100 characters of an input name, and no control characters', () => {
    const long = expandVariables(`\${input:${'x'.repeat(101)}}`, scope);
    expect(long).toMatchObject({ why: expect.stringMatching(/^needs the input x{100},/) });
    const coloured = expandVariables(`\${input:a\u001bb}`, scope);
    expect(coloured).toMatchObject({ why: expect.stringContaining('the input a\ufffdb,') });
  });

  it.each([`\${TOKEN}`, `\${userHome}`, `\${input:token}`, `\${config:a}`])(
    'expandVariables() leaves %s unchanged if no environment is given',
    (text) => {
      expect(expandVariables(text, unknown)).toEqual({ kind: 'open', text });
    },
  );

  it.each([
    [{ USERPROFILE: 'C:\\me' }, 'C:\\me'],
    [{ HOME: '/home/me', USERPROFILE: 'C:\\me' }, '/home/me'],
  ])('expandVariables() reads the home folder from the variables %j', (env, home) => {
    expect(expandVariables(`\${userHome}`, { ...scope, env })).toEqual({ kind: 'text', text: home });
  });
});

describe('expandPath', () => {
  it.each([
    ['~', '/home/me'],
    [`~/bin/\${TOKEN}`, '/home/me/bin/t'],
    ['~\\bin', '/home/me\\bin'],
    ['~other/bin', '~other/bin'],
    ['a~', 'a~'],
  ])('expandPath() expands %s to %s', (path, expected) => {
    expect(expandPath(path, scope)).toEqual({ kind: 'text', text: expected });
  });

  it('expandPath() leaves `~` unchanged if no environment is given', () => {
    expect(expandPath('~/bin', unknown)).toEqual({ kind: 'open', text: '~/bin' });
  });
});
