import type { Socket } from 'node:net';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import { LineSplitter } from '../../connectors/stdio/line-splitter.ts';
import { MAX_VIA_BYTES } from './via-messages.ts';

/**
 * Yields the messages that arrive on a socket until the other process closes it. Throws for a line that is too long or
 * is not JSON. If the connection fails, throws the error of the socket.
 */
export async function* readLines(socket: Socket): AsyncGenerator<unknown> {
  const lines = new LineSplitter(MAX_VIA_BYTES);
  for await (const chunk of socket as AsyncIterable<Buffer>)
    for (const line of lines.push(chunk)) {
      if (typeof line !== 'string')
        throw new Error(`A message is longer than ${MAX_VIA_BYTES} bytes, or has too many values`);
      yield parseForeignJson(line);
    }
}

/** Writes a message to a socket. Does nothing if the socket is no longer writable. */
export function writeLine(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
