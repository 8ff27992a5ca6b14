import { say } from '../../terminal/output.ts';

/**
 * Says on stderr that a command waits for an MCP client on stdin, if stdin is a terminal: a person who runs the command
 * by hand would see nothing otherwise.
 */
export function sayWaiting(what: string): void {
  if (process.stdin.isTTY !== true) return;
  say(`${what}, and waiting for an MCP client on standard input.`);
  say('Configure a client to run this command, or press Ctrl-C.');
}
