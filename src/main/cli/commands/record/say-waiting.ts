import { say } from '../../terminal/output.ts';

/**
 * If stdin is a terminal, says on stderr that a command waits for an MCP client on stdin. A person who runs the command
 * by hand would see nothing without this message.
 */
export function sayWaiting(what: string): void {
  if (process.stdin.isTTY !== true) return;
  say(`${what}, and waiting for an MCP client on standard input.`);
  say('Configure a client to run this command, or press Ctrl-C.');
}
