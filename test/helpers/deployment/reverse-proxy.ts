import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { eventually } from '../eventually.ts';
import { freePort } from '../fleet/free-port.ts';
import { TempDir } from '../temp-dir.ts';
import { Authority } from '../tls-server.ts';
import { deploymentBlock } from './deployment-page.ts';

export type ProxyKind = 'nginx' | 'caddy';

/** Host name in the page's examples. */
const NAME = 'mcp.example.com';

/** The configuration of each proxy on the page. */
export const PROXY_BLOCKS: Readonly<Record<ProxyKind, string>> = {
  nginx: deploymentBlock('/etc/nginx/conf.d/mcp-switchyard.conf'),
  caddy: deploymentBlock('/etc/caddy/Caddyfile'),
};

/** A real nginx or Caddy with the page's configuration, in front of replicas on loopback. */
export class ReverseProxy implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: TempDir;
  readonly #agent: Agent;

  private constructor(port: number, child: ChildProcess, folder: TempDir, authority: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
    this.#agent = new Agent({
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        ca: authority,
        lookup: (_, { all }, done) =>
          // Makes every host name resolve to this proxy.
          all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
      },
    });
  }

  /** Starts a proxy. `change` modifies the page's configuration before the ports and files of the test are inserted. */
  static async start(
    kind: ProxyKind,
    replicas: readonly string[],
    change: (block: string) => string = (block) => block,
  ): Promise<ReverseProxy> {
    const folder = new TempDir();
    const port = await freePort();
    const authority = await Authority.create();
    const pair = await authority.sign({ host: NAME });
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.key);
    const addressed = change(PROXY_BLOCKS[kind]).replaceAll(
      /10\.0\.0\.1(\d):3737/g,
      (_, index) => new URL(replicas[Number(index) - 1] ?? '').host,
    );
    const child = { nginx: startNginx, caddy: startCaddy }[kind](addressed, { folder: folder.path, port, cert, key });
    const proxy = new ReverseProxy(port, child, folder, authority.cert);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await eventually(`${kind} listens`, () => {
      if (child.exitCode !== null) throw new Error(`${kind} has ended: ${said}`);
      return isListening(port);
    });
    return proxy;
  }

  get url(): string {
    return `https://${NAME}:${this.port}`;
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): ReturnType<typeof request> {
    return request(`${this.url}${path}`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify(body),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
    if (this.#child.exitCode === null) {
      const hasEnded = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await Promise.race([hasEnded, once(this.#child, 'error')]);
    }
    this.#folder[Symbol.dispose]();
  }
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}

function startNginx(block: string, { folder, port, cert, key }: Place): ChildProcess {
  const placed = block
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('/etc/ssl/mcp.example.com.crt', cert)
    .replace('/etc/ssl/mcp.example.com.key', key);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
access_log off;
${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
${placed}
}
`,
  );
  return spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function startCaddy(block: string, { folder, port, cert, key }: Place): ChildProcess {
  const placed = block.replace(/^mcp\.example\.com \{$/m, `https://mcp.example.com:${port} {\n  tls ${cert} ${key}`);
  const config = join(folder, 'Caddyfile');
  writeFileSync(
    config,
    `{\n  admin off\n  auto_https off\n  default_bind 127.0.0.1\n  log {\n    level ERROR\n  }\n}\n${placed}`,
  );
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return spawn('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // The proxy does not listen yet.
    return false;
  } finally {
    socket.destroy();
  }
}
