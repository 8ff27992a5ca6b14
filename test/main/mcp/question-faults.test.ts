import { describe, expect, it } from 'vitest';
import { assertQuestion, elicitationFault } from '../../../src/main/mcp/question-faults.ts';

describe('elicitationFault', () => {
  it.each([
    'https://example.com/login?state=a#b',
    'http://127.0.0.1:8080/',
    'HTTPS://EXAMPLE.com',
    'https://example.com/@user/x@y',
    'https://xn--bcher-kva.example/ü',
  ])('elicitationFault() accepts the URL %s', (url) => expect(elicitationFault({ mode: 'url', url })).toBeNull());

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,<script>',
    'file:///etc/passwd',
    'vbscript:x',
    'blob:https://example.com/x',
    'about:blank',
    'ftp://example.com',
    'ws://example.com',
    'vscode://x',
    'intent://x#y',
    'mailto:a@b.c',
    '//example.com',
    '/login',
    'example.com',
    '',
    'http:',
    'http://',
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'http:\\\\example.com',
    'https://example.com\\@evil.example',
  ])('elicitationFault() rejects the URL %j', (url) => expect(elicitationFault({ mode: 'url', url })).not.toBeNull());

  it.each([
    'https://user@example.com',
    'https://user:secret@example.com',
    'https://@example.com',
    'https://:@example.com',
    'https://bank.example.com@evil.example/',
  ])('elicitationFault() rejects a URL with credentials: %s', (url) =>
    expect(elicitationFault({ mode: 'url', url })).toMatch(/credentials/),
  );

  it.each([
    ' https://example.com',
    'https://example.com/a b',
    'java\nscript:alert(1)',
    'https://exa\tmple.com',
    'https://example.com/\u0000',
    'https://example.com/\u202egpj.exe',
    'https://example.com/\u200b',
    'https://e.com/\u00a0',
  ])('elicitationFault() rejects a URL with hidden characters: %j', (url) =>
    expect(elicitationFault({ mode: 'url', url })).toMatch(/control/),
  );

  it('elicitationFault() rejects a URL that is too long, missing or not a string', () => {
    expect(elicitationFault({ mode: 'url', url: `https://example.com/${'x'.repeat(2_029)}` })).toMatch(/at most 2048/);
    for (const url of [undefined, null, 7, {}, ['https://a.b']])
      expect(elicitationFault({ mode: 'url', url })).toMatch(/missing/);
  });

  it('elicitationFault() also checks the URL if the mode is a form or unknown', () => {
    expect(elicitationFault({ message: 'Who?', requestedSchema: {} })).toBeNull();
    for (const mode of ['form', undefined, 'URL', 7])
      expect(elicitationFault({ mode, url: 'javascript:alert(1)' })).not.toBeNull();
  });
});

describe('assertQuestion', () => {
  it('assertQuestion() throws an error for an elicitation with an unsafe URL, and accepts other server requests', () => {
    const params = { mode: 'url', url: 'javascript:alert(1)' };
    expect(() => assertQuestion('elicitation/create', params)).toThrow(
      expect.objectContaining({ code: -32_602, message: 'The address of an elicitation must be http or https' }),
    );
    expect(() => assertQuestion('roots/list', params)).not.toThrow();
  });
});
