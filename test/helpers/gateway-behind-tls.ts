import { writeFileSync } from 'node:fs';
import { type RequestListener, request as requestHttp } from 'node:http';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startCli } from './cli.ts';
import { eventually } from './eventually.ts';
import { secret } from './evidence.ts';
import { remote } from './gateway-world.ts';
import { LocalFile } from './local-file.ts';
import { AuthorizationServer } from './logins/authorization-server.ts';
import { ProtectedMcpServer } from './logins/protected-mcp-server.ts';
import { type Posted, postLegacy } from './mcp-post.ts';
import { TempDir } from './temp-dir.ts';
import { Authority, TlsServer } from './tls-server.ts';

/** `serve` behind a proxy that terminates TLS, and an issuer over TLS that accepts client metadata documents. */
export interface GatewayBehindTls extends AsyncDisposable {
  readonly publicUrl: string;
  readonly operator: string;
  readonly proxy: TlsServer;
  readonly issuer: AuthorizationServer;
  /** Calls the tool of connector `a` as the operator. */
  call(): Promise<Posted>;
}

/** Starts the gateway in a separate process, and waits until connector `a` needs a login. */
export async function startGatewayBehindTls(): Promise<GatewayBehindTls> {
  await using stack = new AsyncDisposableStack();
  const authority = await Authority.create();
  // This process trusts the test authority, because its issuer and its MCP server request documents over TLS.
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority.cert]);
  stack.defer(() => setDefaultCACertificates(before));
  const folder = stack.use(new TempDir());
  const certificate = join(folder.path, 'authority.pem');
  writeFileSync(certificate, authority.cert);
  let port = 0;
  const pair = await authority.sign();
  const proxy = stack.use(
    await TlsServer.start(
      pair,
      passOn(() => port),
    ),
  );
  const publicUrl = `https://127.0.0.1:${proxy.port}`;
  const issuer = stack.use(await AuthorizationServer.start({ tls: pair, metadataDocuments: true }));
  const server = stack.use(await ProtectedMcpServer.start({ issuer: issuer.issuer }));
  const file = stack.use(new LocalFile({ a: remote(server) }));
  const operator = secret('operator-0123456789');
  const args = ['--public-url', publicUrl, '--operator-token-env', 'T_OPERATOR', '--config', file.path];
  const cli = startCli(['serve', '--port', '0', '--json', '--no-state', ...args], {
    env: { T_OPERATOR: operator, NODE_EXTRA_CA_CERTS: certificate },
    keepsStdin: true,
  });
  stack.defer(async () => {
    cli.child.kill('SIGKILL');
    await cli.ended;
  });
  await eventually('it listens', () => cli.seen.stdout.includes('\n'), 20_000);
  port = Number(new URL((JSON.parse(cli.seen.stdout) as { url: string }).url).port);
  const headers = { authorization: `Bearer ${operator}` };
  const call = () => postLegacy(`${publicUrl}/mcp`, 'tools/call', { name: 'a__whoami' }, { headers });
  await eventually('it needs a login', async () => (await call()).error?.data?.loginUrl !== undefined);
  const everything = stack.move();
  return { publicUrl, operator, proxy, issuer, call, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

/** Forwards everything to a port of this machine, like a reverse proxy that terminates TLS. */
function passOn(portOf: () => number): RequestListener {
  return (request, response) => {
    const { method, url: path, headers } = request;
    const onward = requestHttp({ host: '127.0.0.1', port: portOf(), method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
}
