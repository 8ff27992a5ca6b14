import { describe, expect, it } from 'vitest';
import { MASK } from '../../../src/main/masking/secret-mask.ts';
import { isSecretName, maskArgument, maskText, maskValue } from '../../../src/main/masking/secret-shapes.ts';

describe('isSecretName', () => {
  it.each(['GITHUB_TOKEN', 'apiKey', '--password', 'X-Api-Key', 'dbPwd', 'client_secret', 'PIN', 'Set-Cookie'])(
    'isSecretName() is true for %s',
    (name) => expect(isSecretName(name)).toBe(true),
  );

  it.each(['PATH', 'monkey', 'compass', 'author', 'keyboard', 'spinner', 'DEBUG'])(
    'isSecretName() is false for %s',
    (name) => expect(isSecretName(name)).toBe(false),
  );
});

describe('maskValue', () => {
  it('maskValue() masks every value except an empty value and a value that only refers to variables', () => {
    const kept = ['', `\${TOKEN}`, `Bearer \${env:TOKEN}`];
    expect(kept.map(maskValue)).toEqual(kept);
    expect(['x', `\${TOKEN:-x}`, `x\${TOKEN}`].map(maskValue)).toEqual([MASK, MASK, MASK]);
  });
});

describe('maskText', () => {
  it.each([
    ['https://user:hunter2@host/p?token=abc#part', `https://user:${MASK}@host/p?token=${MASK}#${MASK}`],
    ['https://host/p?page=2&sort=name', 'https://host/p?page=2&sort=name'],
    ['Server=db;User Id=me;Password=hunter 2;', `Server=db;User Id=me;Password=${MASK};`],
    ['API_KEY=hunter2 run', `API_KEY=${MASK} run`],
    [`{"password": "hunter2", "port": "80"}`, `{"password": "${MASK}", "port": "80"}`],
    ['Authorization: Bearer hunter2', `Authorization: ${MASK}`],
    ['curl -u me:hunter2 http://host', `curl -u me:${MASK} http://host`],
    ['docker run -p 80:80 image', 'docker run -p 80:80 image'],
  ])('maskText() turns %s into %s', (text, shown) => {
    expect(maskText(text)).toBe(shown);
  });
});

describe('maskArgument', () => {
  it.each([
    ['--token', 'hunter2', MASK],
    ['--token', '--verbose', '--verbose'],
    ['-p', 'hunter2', MASK],
    ['-p', '8080:80', '8080:80'],
    ['-u', 'me:hunter2', `me:${MASK}`],
    ['-u', '1000:1000', '1000:1000'],
    ['run', 'TOKEN=hunter2', `TOKEN=${MASK}`],
  ])('after the argument %s, maskArgument() turns the argument %s into %s', (before, argument, shown) => {
    expect(maskArgument(before, argument)).toBe(shown);
  });
});
