import { describe, expect, it } from 'vitest';
import { isSessionLoss, saysSessionLost } from '../../../../../src/main/connectors/messages/http/session-loss.ts';

describe('saysSessionLost', () => {
  it.each([
    'Session not found',
    'Session not found: 3f2a',
    'Not Found: Session has been terminated',
    'Session terminated',
    'Session expired',
    'Session has expired, please reinitialize',
    'Session abc-123 not found',
    'Session ID not found',
    "MCP session with ID 'df859b7e-77dc-40a0-98df-3b42450a93f3' could not be found.",
    'Not Found: MCP session is unknown or expired on this API instance.',
    'Session does not exist',
    'Session is no longer valid',
    'Session closed',
    'Session not initialized',
    'Bad Request: No valid session ID provided',
    'Bad Request: No valid session ID or not an initialize request',
    'Bad Request: No valid session ID provided for non-initialize request',
    'No session found',
    'No active session',
    'No such session',
    'No transport found for sessionId',
    'Invalid session ID',
    'Invalid session',
    'Invalid sessionId',
    'Invalid or missing session ID',
    'Invalid or expired session',
    'Missing session ID',
    'Bad Request: Missing session ID',
    'Unknown session',
    'Bad Request: Unknown Mcp-Session-Id header',
    'Bad Request: Mcp-Session-Id header is required',
    'Session ID required',
    'Bad Request: Server not initialized',
    'Server is not yet initialized',
    'Received request before initialization was complete',
  ])('saysSessionLost() recognizes a lost session from the message "%s"', (words) => {
    expect(saysSessionLost(words)).toBe(true);
  });

  it.each([
    '',
    'Method not found',
    'Invalid params',
    'Session found',
    'No browser session was started',
    'Terminal session not found: 7',
    'The debug session has expired',
    'Unknown tool: session',
    'Tool session_list not found',
    'Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25, 2025-06-18)',
    'Bad Request: Invalid JSON',
    'Server already initialized',
    'Not Acceptable: Client must accept both application/json and text/event-stream',
    'Rate limit exceeded',
  ])('saysSessionLost() does not treat "%s" as a lost session', (words) => {
    expect(saysSessionLost(words)).toBe(false);
  });

  it('saysSessionLost() checks long messages in linear time', () => {
    expect(saysSessionLost('session '.repeat(1_000_000))).toBe(false);
    expect(saysSessionLost(`no ${'or '.repeat(1_000_000)}session`)).toBe(false);
  });
});

describe('isSessionLoss', () => {
  it.each([-32_000, -32_001, -32_600, 404])(
    'isSessionLoss() is true for the error code %i with the message "Session not found"',
    (code) => {
      expect(isSessionLoss({ code, message: 'Session not found' })).toBe(true);
    },
  );

  it.each([-32_602, -32_603, -32_601, -32_022, 1])(
    'isSessionLoss() is false for the error code %i, even with the message "Session not found"',
    (code) => {
      expect(isSessionLoss({ code, message: 'Session not found' })).toBe(false);
    },
  );
});
