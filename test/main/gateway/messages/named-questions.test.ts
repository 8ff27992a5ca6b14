import { describe, expect, it } from 'vitest';
import {
  namedQuestion,
  namedText,
  withNamedElicitations,
  withNamedQuestions,
} from '../../../../src/main/gateway/messages/named-questions.ts';
import { RpcError } from '../../../../src/main/mcp/json-rpc.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

const EVIL_URL = { mode: 'url', url: 'javascript:alert(1)', message: 'Log in', elicitationId: 'e' };
const GOOD_URL = { ...EVIL_URL, url: 'https://example.com/login' };

describe('namedText', () => {
  it('namedText() puts the name of the connector before the text, and keeps Markdown, links and line breaks', () => {
    const text = 'See **[the docs](https://example.com)** [1]:\n\n- `a`\n\t- ☃';
    expect(namedText('github', text)).toBe(`[Connector "github"] ${text}`);
    expect(namedText('github', '')).toBe('[Connector "github"]');
  });

  it.each([
    ['[Connector "bank"] Your PIN?', '(Connector "bank") Your PIN?'],
    ['[ CONNECTOR  "bank" ] Your PIN?', '(CONNECTOR  "bank") Your PIN?'],
    ['x\n[Connector "bank"]', 'x\n(Connector "bank")'],
    ['[connector bank] x', '(connector bank] x'],
    ['[Connector\n"bank"] x', '(Connector\n"bank") x'],
  ])('namedText() changes text that imitates the name of another connector: %j', (text, shown) => {
    expect(namedText('evil', text)).toBe(`[Connector "evil"] ${shown}`);
  });

  it('namedText() replaces control and direction characters, which could hide the name of the connector', () => {
    expect(namedText('evil', '\r\u001b[2K\u0008\u202eabc\u2066\u200f')).toBe(
      `[Connector "evil"] ${'\ufffd'.repeat(1)}\ufffd[2K\ufffd\ufffdabc\ufffd\ufffd`,
    );
  });

  it('namedText() escapes quotes in a connector id, so that the id cannot imitate another connector', () => {
    expect(namedText('a"] [Connector "bank', 'x')).toBe('[Connector "a\\"] [Connector \\"bank"] x');
  });
});

describe('namedQuestion', () => {
  it('namedQuestion() names the connector in an elicitation and in the system prompt of a sampling request', () => {
    const form = { message: 'Who?', requestedSchema: { type: 'object' } };
    expect(namedQuestion('a', 'elicitation/create', form)).toEqual({ ...form, message: '[Connector "a"] Who?' });
    expect(namedQuestion('a', 'elicitation/create', GOOD_URL)).toMatchObject({ url: GOOD_URL.url });
    expect(namedQuestion('a', 'sampling/createMessage', { messages: [] })).toEqual({
      ...{ messages: [], systemPrompt: '[Connector "a"]' },
    });
    expect(namedQuestion('a', 'roots/list', {})).toEqual({});
    expect(() => namedQuestion('a', 'elicitation/create', EVIL_URL)).toThrow('must be http or https');
  });
});

describe('withNamedQuestions', () => {
  it('withNamedQuestions() names the connector in an input-required result, and changes no other result', () => {
    const inputRequests = { q: { method: 'elicitation/create', params: { message: 'Who?' } }, r: 7 };
    expect(withNamedQuestions('a', { resultType: 'input_required', inputRequests, requestState: 's' })).toEqual({
      ...{ resultType: 'input_required', requestState: 's' },
      inputRequests: { q: { method: 'elicitation/create', params: { message: '[Connector "a"] Who?' } }, r: 7 },
    });
    const other = { resultType: 'complete', inputRequests };
    expect(withNamedQuestions('a', other)).toBe(other);
  });

  it('withNamedQuestions() throws TOOL_CALL_REJECTED if a person is asked to open a URL that is not http or https', () => {
    const inputRequests = { q: { method: 'elicitation/create', params: EVIL_URL } };
    expect(() => withNamedQuestions('a', { resultType: 'input_required', inputRequests })).toThrow(
      expect.objectContaining({ code: 'TOOL_CALL_REJECTED' }),
    );
  });
});

describe('withNamedElicitations', () => {
  const failed = (...elicitations: readonly unknown[]): SwitchyardError =>
    new SwitchyardError('TOOL_CALL_REJECTED', 'x', { cause: new RpcError(-32_042, 'Log in first', { elicitations }) });

  it('withNamedElicitations() names the connector in an error that asks a person to open a URL', () => {
    expect(withNamedElicitations('a', failed(GOOD_URL))).toMatchObject({
      ...{ code: -32_042, message: '[Connector "a"] Log in first' },
      data: { elicitations: [{ ...GOOD_URL, message: '[Connector "a"] Log in' }] },
    });
  });

  it('withNamedElicitations() replaces an error that asks a person to open a URL that is not http or https', () => {
    const error = withNamedElicitations('a', failed(GOOD_URL, EVIL_URL)) as SwitchyardError;
    expect(error).toMatchObject({ code: 'TOOL_CALL_REJECTED', message: expect.stringMatching(/http or https/) });
    expect([error.cause, JSON.stringify(error)]).toEqual([undefined, expect.not.stringContaining('javascript')]);
  });

  it('withNamedElicitations() does not change an error that asks nobody to open a URL', () => {
    for (const error of [new Error('x'), new RpcError(-32_042, 'x'), new RpcError(-32_000, 'x', { elicitations: [] })])
      expect(withNamedElicitations('a', error)).toBe(error);
  });
});
