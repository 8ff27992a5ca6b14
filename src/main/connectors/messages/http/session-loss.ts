import { RpcError } from '../../../mcp/json-rpc.ts';

/**
 * Whether servers use this error code to say that they do not know a session. True for the codes that JSON-RPC leaves
 * to implementations and MCP does not use, for "invalid request", and for the HTTP statuses with that meaning.
 */
function isSessionCode(code: number): boolean {
  return (code <= -32_000 && code >= -32_019) || code === -32_600 || code === 400 || code === 404 || code === 410;
}

/** Maximum length of the text that is examined. Servers write the relevant words first. */
const MAX_LENGTH = 512;

/**
 * Matches words for the MCP session, but not for the session of a browser or a terminal. Servers write the id of the
 * session or a verb after these words.
 */
const OUR_SESSION =
  '(?:^|\\b(?:a|an|bad|client|error|found|gone|http|invalid|mcp|request|server|streamable|that|the|this|your) )' +
  'session(?: id)?(?: with id| with| id)?(?: [\\w-]{1,128})?(?: (?:been|could|does|has|is|or|was|unknown|invalid))*';

/**
 * Patterns of messages that report a lost session. Each of these messages was found in a public server, an SDK or a bug
 * report.
 */
const PHRASES: readonly RegExp[] = [
  // "Session not found", "MCP session with ID '…' could not be found"
  new RegExp(`${OUR_SESSION} (?:not|never)(?: be| been| yet)? (?:exist|found|initiali[sz]ed|recogni[sz]ed|valid)\\b`),
  // "Session expired", "Session is no longer valid", "Session has been terminated"
  new RegExp(
    `${OUR_SESSION} (?:closed|deleted|expired|gone|invalid|invalidated|lost|missing|no longer|required|terminated` +
      '|timed out|unknown)\\b',
  ),
  // "No valid session ID provided", "Invalid or missing session ID", "Unknown Mcp-Session-Id header"
  new RegExp(
    '\\b(?:bad|expired|inactive|invalid|missing|no|stale|unknown|unrecogni[sz]ed)' +
      '(?: (?:active|expired|for|found|http|inactive|invalid|matching|mcp|missing|or|streamable|such|terminated|the' +
      '|this|transport|unknown|valid))* session\\b',
  ),
  // "Bad Request: Server not initialized"
  /\b(?:client|connection|mcp|server|transport)(?: is| was)?(?: not| never)(?: been)?(?: yet)? initiali[sz]ed\b/,
  // "Mcp-Session-Id header is required", "Session ID required"
  /\bsession id(?: header)?(?: is)? (?:missing|required)\b/,
  // "Received request before initialization was complete"
  /\bbefore initiali[sz]ation\b/,
];

/** Whether a message says that the server does not know the session, or requires a handshake first. */
export function saysSessionLost(text: string): boolean {
  const words = text
    .slice(0, MAX_LENGTH)
    .toLowerCase()
    .replace(/mcp-session-id/g, 'mcp session id')
    .replace(/session[ _-]?id/g, 'session id')
    .replace(/[^\w-]+/g, ' ')
    .trim();
  return PHRASES.some((phrase) => phrase.test(words));
}

/** Whether both the code and the text of an error say that the server does not know the session. */
export function isSessionLoss({ code, message }: Pick<RpcError, 'code' | 'message'>): boolean {
  return isSessionCode(code) && saysSessionLost(message);
}

/** The server responded with a JSON-RPC error which says that it does not know the session. */
export class SessionLossAnswered extends RpcError {}

/**
 * Converts the error of a request within a session to a SessionLossAnswered, if it says that the session is lost.
 * Returns any other error unchanged.
 */
export function withinSession(error: unknown): unknown {
  if (!(error instanceof RpcError) || !isSessionLoss(error)) return error;
  return new SessionLossAnswered(error.code, error.message, error.data);
}
