import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureLine, failureOf, print, printable, say } from '../../terminal/output.ts';
import { isRegistryThere, type RegistryOptions, registryFile, unknownServer, withRegistry } from './open-registry.ts';

/**
 * Removes registered servers. Resolves with the exit code: 0 if all of them existed. If some do not exist, the others
 * are removed anyway.
 */
export async function runRegistryRemove(names: readonly string[], options: RegistryOptions): Promise<number> {
  const path = registryFile(options);
  const { removed, failures } = await removeServers([...new Set(names)], path);
  const [first] = failures;
  if (options.json) answerJson({ path, removed, failures }, first === undefined ? null : withoutServer(first));
  else print(removed.map((name) => `removed ${printable(name)}\n`).join(''));
  for (const failure of failures) say(`mcp-switchyard: ${failureLine(failure)}`);
  return first === undefined ? EXIT.ok : EXIT.failed;
}

/** The error for a server that does not exist, with the name that the user gave. */
interface RemoveFailure extends Failure {
  readonly server: string;
}

function withoutServer({ server: _, ...failure }: RemoveFailure): Failure {
  return failure;
}

async function removeServers(names: readonly string[], path: string) {
  const fail = (missing: readonly string[], known: Iterable<string>) =>
    missing.map((name) => ({ server: name, ...failureOf(unknownServer(name, known)) }));
  if (!isRegistryThere(path)) return { removed: [], failures: fail(names, []) };
  return withRegistry(path, async ({ servers, writer, save }) => {
    const removed = names.filter((name) => servers.has(name));
    await writer.applyServers(removed.map((name) => ({ name, info: null })));
    await save();
    return {
      removed,
      failures: fail(
        names.filter((name) => !servers.has(name)),
        servers.keys(),
      ),
    };
  });
}
