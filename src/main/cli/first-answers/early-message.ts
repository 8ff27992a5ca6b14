import type { FirstAnswers, ToldPage } from '../../../shared/protocol/first-answers.ts';

/** What to do with a message that arrives before the gateway is loaded. */
export type Early =
  /**
   * Send this result to the client. `told` is the page of tools in the result; null if the result contains no tools.
   */
  | { readonly kind: 'answer'; readonly result: string; readonly told: ToldPage | null }
  /** Record the message. It needs no answer. */
  | { readonly kind: 'noted' }
  /**
   * Leave the message to the gateway. Later messages may still be answered early, because the gateway would also answer
   * them before this message.
   */
  | { readonly kind: 'left' }
  /** Leave this message and all later messages to the gateway. */
  | { readonly kind: 'end' };

/** What is known about the client from its earlier messages. */
export interface EarlyState {
  /**
   * The form of the tool definitions for the client's protocol revision; null before the client has sent `initialize`.
   */
  wire: string | null;
  /** Ids of the requests that are left to the gateway. */
  readonly open: Set<unknown>;
}

type Members = Readonly<Record<string, unknown>>;

const LEFT: Early = { kind: 'left' };
const END: Early = { kind: 'end' };

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const MODERN_REVISION = '2026-07-28';
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/**
 * Requests that the gateway always answers after the list of tools. They do not prevent early answers to later
 * messages.
 */
const SLOW_LISTS = ['prompts/list', 'resources/list', 'resources/templates/list'];

const EMPTY = '{}';

/**
 * Decides what to do with one message of a client, and updates `state`. A message is answered early only if the gateway
 * would certainly give the same answer.
 */
export function takeEarly(message: Members, answers: FirstAnswers, instanceId: string, state: EarlyState): Early {
  const { id, method } = message;
  if (message.jsonrpc !== '2.0' || typeof method !== 'string') return END;
  if (id === undefined) return method === 'notifications/initialized' ? { kind: 'noted' } : END;
  if ((typeof id !== 'string' && !Number.isFinite(id)) || state.open.has(id)) return END;
  const params = isObject(message.params) ? message.params : {};
  const meta = isObject(params._meta) ? params._meta : {};
  const isModern = (meta[VERSION] ?? null) !== null;
  if (SLOW_LISTS.includes(method)) {
    state.open.add(id);
    return LEFT;
  }
  if (isModern) {
    const isSound = meta[VERSION] === MODERN_REVISION && isObject(meta[CAPABILITIES]);
    return isSound ? modern(method, params, answers, instanceId) : END;
  }
  return legacy(method, params, answers, instanceId, state);
}

function modern(method: string, params: Members, answers: FirstAnswers, instanceId: string): Early {
  if (method === 'tools/list') return page(params, MODERN_REVISION, answers);
  if (method !== 'server/discover') return END;
  return answer(withInstance(answers, answers.header.discover, instanceId));
}

function legacy(method: string, params: Members, answers: FirstAnswers, instanceId: string, state: EarlyState): Early {
  const { initialize, sessionlessWire } = answers.header;
  switch (method) {
    case 'ping':
      return answer(EMPTY);
    case 'tools/list':
      return page(params, state.wire ?? sessionlessWire, answers);
    case 'logging/setLevel':
      return state.wire !== null && LEVELS.includes(params.level as string) ? answer(EMPTY) : END;
    case 'initialize': {
      const { protocolVersion } = params;
      const agreed = initialize.find(({ revision }) => revision === protocolVersion) ?? initialize[0];
      if (state.wire !== null || typeof protocolVersion !== 'string' || agreed === undefined) return END;
      state.wire = agreed.wire;
      return answer(withInstance(answers, agreed.text, instanceId));
    }
    default:
      return END;
  }
}

function page({ cursor = null }: Members, wire: string, { header, text }: FirstAnswers): Early {
  const found = header.lists.find((list) => list.wire === wire)?.pages.find((one) => one.cursor === cursor);
  if (found === undefined) return END;
  const json = text(found.text);
  return { kind: 'answer', result: json, told: { wire, cursor: found.cursor, json } };
}

function answer(result: string): Early {
  return { kind: 'answer', result, told: null };
}

function withInstance({ header, text }: FirstAnswers, index: number, instanceId: string): string {
  return text(index).replaceAll(header.instanceMark, instanceId);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
