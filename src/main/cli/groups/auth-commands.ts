import type { Command } from 'commander';
import type { LoginOptions } from '../commands/auth/login.ts';
import type { LogoutOptions } from '../commands/auth/logout.ts';
import { milliseconds } from '../flags/option-values.ts';
import type { SourceOptions } from '../source-options.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';

/** How long a login may take, in milliseconds. The manager gives up a login after the same time. */
const LOGIN_TIMEOUT_MS = 600_000;

/** Adds the command `auth` with its subcommands. */
export function addAuthCommands(program: Command, setExitCode: (code: number) => void): void {
  const auth = program
    .command('auth')
    .description('OAuth logins to connectors: log in, show, log out')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard auth login github --config .mcp.json',
        'mcp-switchyard auth login --no-browser',
        'mcp-switchyard auth status --json',
        'mcp-switchyard auth logout github',
      ),
    );
  const fresh = (name: string, description: string): Command =>
    withSource(auth.command(name).description(description).helpOption('-h, --help', 'this text'));

  fresh('login', 'log in to a connector in the browser, or in turn to each one that needs it')
    .argument(
      '[connector]',
      'id of the connector, or address of a server; without it, every connector that needs a login',
    )
    .option('--no-browser', 'open no browser: print the address, and read the address of the redirect from stdin')
    .option('--force', 'log in again even if there is a valid login', false)
    .option('--login-timeout <ms>', 'how long to wait for the login in the browser', milliseconds, LOGIN_TIMEOUT_MS)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard auth login github --config .mcp.json',
        'ssh -t build-server mcp-switchyard auth login github --no-browser',
      ),
    )
    .action(async (connector: string | undefined, options: LoginOptions) => {
      const { runAuthLogin } = await import('../commands/auth/login.ts');
      const { withTypedServer } = await import('../targets/ad-hoc.ts');
      setExitCode(await runAuthLogin(...withTypedServer(connector, options)));
    });

  fresh('status', 'show the stored logins; connects only to the service map')
    .argument('[connector]', 'id of the connector; without it, every connector that has or needs a login')
    .addHelpText('after', examples('mcp-switchyard auth status --json | jq .connectors'))
    .action(async (connector: string | undefined, options: SourceOptions) => {
      const { runAuthStatus } = await import('../commands/auth/status.ts');
      setExitCode(await runAuthStatus(connector, options));
    });

  fresh('logout', 'revoke the tokens of a connector if its issuer supports that, and delete them')
    .argument('[connector]', 'id of the connector')
    .option('--all', 'every connector that has a login', false)
    .addHelpText('after', examples('mcp-switchyard auth logout github', 'mcp-switchyard auth logout --all'))
    .action(async (connector: string | undefined, options: LogoutOptions) => {
      const { runAuthLogout } = await import('../commands/auth/logout.ts');
      const { withTypedServer } = await import('../targets/ad-hoc.ts');
      setExitCode(await runAuthLogout(...withTypedServer(connector, options)));
    });
}
