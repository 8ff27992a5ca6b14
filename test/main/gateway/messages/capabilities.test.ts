import { describe, expect, it } from 'vitest';
import {
  assertMode,
  servedCapabilities,
  serverCapabilities,
} from '../../../../src/main/gateway/messages/capabilities.ts';

const UI = 'io.modelcontextprotocol/ui';

describe('servedCapabilities', () => {
  it('servedCapabilities() keeps sampling, elicitation, roots and MCP Apps, and omits all other capabilities', () => {
    const declared = {
      sampling: { tools: {}, context: {} },
      elicitation: { form: {}, url: {} },
      roots: { listChanged: true },
      tasks: { list: {}, requests: { sampling: { createMessage: {} } } },
      experimental: { anything: {} },
      extensions: { [UI]: { mimeTypes: ['a/b'], own: 1 }, 'io.modelcontextprotocol/tasks': {}, 'com.example/x': {} },
    };
    expect(servedCapabilities(declared)).toEqual({
      sampling: { tools: {}, context: {} },
      elicitation: { form: {}, url: {} },
      roots: {},
      extensions: { [UI]: { mimeTypes: ['a/b'], own: 1 } },
    });
    expect(servedCapabilities(declared, false)).toEqual({ extensions: { [UI]: { mimeTypes: ['a/b'], own: 1 } } });
  });

  it.each([
    null,
    undefined,
    'x',
    [],
    { sampling: null, elicitation: true, roots: [], extensions: null },
    { extensions: { [UI]: null } },
  ])('servedCapabilities() treats %j as a client without capabilities', (declared) => {
    expect(servedCapabilities(declared)).toEqual({});
  });
});

describe('serverCapabilities', () => {
  it('serverCapabilities() declares notifications only if they can be sent, and MCP Apps only if they may be served', () => {
    expect(serverCapabilities({ hasNotices: false, servesUi: false })).toEqual({
      ...{ tools: {}, prompts: {}, resources: {}, completions: {}, logging: {} },
    });
    expect(serverCapabilities({ hasNotices: true, servesUi: true })).toMatchObject({
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      extensions: { [UI]: {} },
    });
  });
});

describe('assertMode', () => {
  it.each([
    ['elicitation/create', {}, { elicitation: {} }, true],
    ['elicitation/create', { mode: 'form' }, { elicitation: { form: {} } }, true],
    ['elicitation/create', { mode: 'form' }, { elicitation: { url: {} } }, false],
    ['elicitation/create', { mode: 'url' }, { elicitation: {} }, false],
    ['elicitation/create', { mode: 'url' }, { elicitation: { form: {} } }, false],
    ['elicitation/create', { mode: 'url' }, { elicitation: { form: {}, url: {} } }, true],
    ['sampling/createMessage', {}, { sampling: {} }, true],
    ['sampling/createMessage', { tools: [] }, { sampling: {} }, false],
    ['sampling/createMessage', { toolChoice: {} }, { sampling: {} }, false],
    ['sampling/createMessage', { tools: [] }, { sampling: { tools: {} } }, true],
    ['roots/list', {}, { roots: {} }, true],
  ])(
    'assertMode() decides whether %s with the parameters %j may be sent to a client with %j: %s',
    (method, params, capabilities, passes) => {
      const assert = (): void => assertMode(method, params, capabilities);
      if (passes) expect(assert).not.toThrow();
      else expect(assert).toThrow(expect.objectContaining({ code: -32_602 }));
    },
  );
});
