import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A TCP connection from the client's point of view. */
export interface ClientConnection {
  /** Port of the client. */
  readonly port: number;
  /** Port of the server. */
  readonly serverPort: number;
}

/** Time that {@link freeze} waits for the threads of a process. */
const FREEZE_MS = 2_000;

/**
 * Whether a process has the client's socket of this connection (Linux). Both ports are compared, because connections to
 * different servers may share a local port, and a closed connection keeps its port for a minute.
 */
export function hasSocket(pid: number, { port, serverPort }: ClientConnection): boolean {
  return portsOf(pid, serverPort).includes(port);
}

/** Returns the local ports of the connections of a process to the server with this port (Linux). */
export function portsOf(pid: number, serverPort: number): readonly number[] {
  const inodes = socketInodes(pid);
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = '', , , , , , , inode = '']) => inodes.has(inode) && portIn(remote) === serverPort)
    .map(([, local = '']) => portIn(local));
}

/**
 * Stops a process, and returns once none of its threads runs (Linux). Then its sockets cannot change any more. A
 * process that has exited is left alone.
 */
export function freeze(pid: number): void {
  // The pid 0 would stand for the process group of this process.
  if (pid <= 0) return;
  const endsAt = performance.now() + FREEZE_MS;
  try {
    process.kill(pid, 'SIGSTOP');
  } catch {
    return;
  }
  const threads = `/proc/${pid}/task`;
  while (namesIn(threads).some((id) => runs(`${threads}/${id}/stat`)) && performance.now() < endsAt) pause();
}

/** True if the thread with this `stat` file is running. */
function runs(path: string): boolean {
  try {
    return !/\) [TtZX] /.test(readFileSync(path, 'utf8'));
  } catch {
    // The thread has exited.
    return false;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function socketInodes(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  const inodes = new Set<string>();
  for (const name of namesIn(folder)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // The process has exited, or the socket was closed, while this function read /proc.
    }
  }
  return inodes;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns the port of an address as the kernel writes it: hexadecimal, `ADDRESS:PORT`. */
function portIn(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '0', 16);
}
