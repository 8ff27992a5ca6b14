import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ListKeysOptions } from '../commands/keys/list.ts';
import type { NewKeyOptions } from '../commands/keys/new.ts';
import type { RevokeOptions } from '../commands/keys/revoke.ts';
import type { RotateOptions } from '../commands/keys/rotate.ts';
import type { SignDocumentOptions } from '../commands/keys/sign-document.ts';
import { repeated, wholeNumber } from '../flags/option-values.ts';
import { examples } from '../terminal/own-command.ts';

/** Default lifetime of a key document, in days. */
const DOCUMENT_DAYS = 90;

/** Help text of the option `--key`. */
const SIGNING_KEYS = 'file of a private key that signs, of old and new roots; may be repeated';

/** Maximum value of `--expires`, in days. */
const MAX_DAYS = 36_500;

/** Adds the command `keys` with its subcommands. */
export function addKeysCommands(program: Command, setExitCode: (code: number) => void): void {
  const keys = program
    .command('keys')
    .description('the keys that sign maps: create, list, rotate and revoke them')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard keys new --out map-key.jwk --public map-keys.json',
        'mcp-switchyard keys list map-keys.json',
        "mcp-switchyard keys rotate --documents 'keys.{version}.json' --keys map-keys.json --key map-key.jwk",
      ),
    );
  const fresh = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'this text')
      .option('--json', 'one JSON document on stdout and nothing else there', false);

  fresh('new', 'create a key pair: a private key in a file only for you, and the public one in a JWKS file')
    .requiredOption('--out <file>', 'where to write the private key; it is never printed')
    .requiredOption('--public <file>', 'the JWKS file to add the public key to; created if missing')
    .addOption(new Option('--alg <algorithm>', 'signature algorithm').choices(['EdDSA', 'ES256']).default('EdDSA'))
    .option('--kid <id>', 'id of the key; by default the date and the start of its thumbprint', keyId)
    .option('--expires <days>', 'after how many days hosts stop trusting the key; never by default', days)
    .option('--force', 'replace an existing private key', false)
    .addHelpText('after', examples('mcp-switchyard keys new --out map-key.jwk --public map-keys.json --expires 365'))
    .action(async (options: NewKeyOptions) => {
      const { runKeysNew } = await import('../commands/keys/new.ts');
      setExitCode(await runKeysNew(options));
    });

  fresh('list', 'list the public keys of a JWKS file, or of key documents in their order')
    .argument('<place>', 'a JWKS file, a key document, or a pattern with {version}: a file or a URL')
    .option('--keys <file>', 'the JWKS that hosts have configured, to verify the first key document with')
    .option('--threshold <n>', 'with --keys: how many of its keys must have signed the first document', wholeNumber, 1)
    .option('--min-version <n>', 'the version to begin with', wholeNumber, 1)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard keys list map-keys.json',
        "mcp-switchyard keys list 'https://maps.example.com/keys.{version}.json' --keys map-keys.json",
      ),
    )
    .action(async (place: string, options: ListKeysOptions) => {
      const { runKeysList } = await import('../commands/keys/list.ts');
      setExitCode(await runKeysList(place, options));
    });

  withDocument(fresh('rotate', 'write the next key document: which keys are trusted from now on'))
    .requiredOption('--key <file...>', SIGNING_KEYS)
    .option('--remove <kid...>', 'keys that are no longer trusted')
    .addHelpText(
      'after',
      examples(
        "mcp-switchyard keys rotate --documents 'keys.{version}.json' --keys map-keys.json --key map-key.jwk",
        "mcp-switchyard keys rotate --documents 'keys.{version}.json' --keys next.json --remove 2026-11-29-Xk3fQ2ab " +
          '--key map-key.jwk --key next-key.jwk',
      ),
    )
    .action(async (options: RotateOptions) => {
      const { runKeysRotate } = await import('../commands/keys/rotate.ts');
      setExitCode(await runKeysRotate(options));
    });

  withDocument(fresh('revoke', 'write the next key document, in which keys are revoked: maps they signed are dropped'))
    // The option takes one value each time it is given. If it took several, the parser would read the keys to revoke as
    // further files.
    .requiredOption('--key <file>', SIGNING_KEYS, repeated)
    .argument('<keys...>', 'kids or thumbprints, as `keys list` shows them')
    .addHelpText(
      'after',
      examples(
        "mcp-switchyard keys revoke 2026-11-29-Xk3fQ2ab --documents 'keys.{version}.json' --key root-key.jwk " +
          '--keys next-keys.json --key next-key.jwk',
      ),
    )
    .action(async (named: string[], options: RevokeOptions) => {
      const { runKeysRevoke } = await import('../commands/keys/revoke.ts');
      setExitCode(await runKeysRevoke(named, options));
    });

  fresh('sign-document', 'add the signatures of further keys to a document that --partial left incomplete')
    .requiredOption('--documents <pattern>', 'the files of the key documents; {version} stands for their number')
    .requiredOption('--key <file...>', SIGNING_KEYS)
    .option('--keys <file>', 'for the first document: the JWKS that hosts have configured')
    .addHelpText(
      'after',
      examples("mcp-switchyard keys sign-document --documents 'keys.{version}.json' --key second-root.jwk"),
    )
    .action(async (options: SignDocumentOptions) => {
      const { runKeysSignDocument } = await import('../commands/keys/sign-document.ts');
      setExitCode(await runKeysSignDocument(options));
    });
}

/** Adds the options that `keys rotate` and `keys revoke` share. */
function withDocument(command: Command): Command {
  return command
    .requiredOption('--documents <pattern>', 'the files of the key documents; {version} stands for their number')
    .option(
      '--keys <file>',
      'JWKS with the public keys to add; for the first document, the keys that hosts have configured',
    )
    .option(
      '--configured <file>',
      'for the first document: the JWKS that hosts have configured, if not the one of --keys',
    )
    .option(
      '--roots <kid...>',
      'the keys that may sign the next document; by default the old ones, and added ones if every key was a root',
    )
    .option('--threshold <n>', 'how many roots must sign the next key document; unchanged by default', wholeNumber)
    .option(
      '--expires <days>',
      'after how many days the document expires; another must follow before that',
      days,
      DOCUMENT_DAYS,
    )
    .option('--partial', 'if signatures are missing, write FILE.partial for `keys sign-document`', false)
    .option('--force', 'replace an existing FILE.partial', false);
}

function days(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= MAX_DAYS) return value;
  throw new InvalidArgumentError(`Give a number of days, at most ${MAX_DAYS}.`);
}

/** Parses a key id. Accepts visible ASCII characters only, so that the id is readable in logs and tables. */
function keyId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 1 to 128 visible ASCII characters without spaces.');
}
