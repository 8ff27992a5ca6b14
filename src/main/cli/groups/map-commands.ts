import type { Command } from 'commander';
import type { SignOptions } from '../commands/sign.ts';
import { repeated } from '../flags/option-values.ts';
import { KEY_VARIABLE } from '../flags/trust-options.ts';
import type { SourceOptions } from '../source-options.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';

/** Adds the commands `sign` and `verify`, which work on one map. */
export function addMapCommands(program: Command, setExitCode: (code: number) => void): void {
  const fresh = (name: string, description: string): Command =>
    program.command(name).description(description).helpOption('-h, --help', 'this text');

  fresh('sign', 'check a service map, sign it and write it in canonical form')
    .argument('<file>', 'the map, JSON; - reads stdin')
    .option('--key <file>', 'private key made by `keys new` to sign with; may be repeated', repeated)
    .option(
      '--key-env <name>',
      `variable with the HMAC key; with --key, adds an HMAC too (default without --key: ${KEY_VARIABLE})`,
      repeated,
    )
    .option('--add', 'keep existing signatures of other keys that still match, as a second signer does', false)
    .option('--out <file>', 'file of the signed map, replaced atomically; stdout by default')
    .option('--stamp', 'set generatedAt to now', false)
    .option('--json', 'print a document about the signatures instead of the map', false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard sign map.json --stamp --out signed.json',
        'mcp-switchyard sign map.json --stamp --key map-key.jwk --out signed.json',
        'mcp-switchyard sign map.json --stamp --key map-key.jwk --key-env MAP_KEY --out signed.json',
        'mcp-switchyard sign signed.json --add --key second-key.jwk --out signed.json',
      ),
    )
    .action(async (file: string, options: SignOptions) => {
      const { runSign } = await import('../commands/sign.ts');
      setExitCode(await runSign(file, options));
    });

  withSource(fresh('verify', 'show which checks a service map passes and which fail, and why'))
    .argument('<file-or-url>', 'the map; - reads stdin')
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard verify signed.json',
        'mcp-switchyard verify signed.json --keys map-keys.json',
        'mcp-switchyard verify https://maps.example.com/map --keys map-keys.json --json',
      ),
    )
    .action(async (place: string, options: SourceOptions) => {
      const { runVerify } = await import('../commands/verify.ts');
      setExitCode(await runVerify(place, options));
    });
}
