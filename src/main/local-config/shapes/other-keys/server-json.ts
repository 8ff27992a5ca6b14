import { type ConfigNode, environmentNode, itemsOf, memberOf, textNode, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import type { Shape } from '../shape.ts';
import { argumentsOf, inOurVariables } from './server-json-arguments.ts';

/**
 * How to run a package of one registry: the executable, the arguments before the name of the package, and the character
 * between name and version.
 */
interface Runner {
  readonly program: string;
  readonly before: readonly string[];
  readonly versionMark: string;
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  npm: { program: 'npx', before: ['-y'], versionMark: '@' },
  pypi: { program: 'uvx', before: [], versionMark: '@' },
  oci: { program: 'docker', before: ['run', '-i', '--rm'], versionMark: ':' },
  nuget: { program: 'dnx', before: ['--yes'], versionMark: '@' },
};

/**
 * The shape `server.json` of the MCP registry: one server, which can be run from one of its packages or reached at one
 * of its remotes. The first package that can be run is used, or else the first remote.
 */
export const serverJson: Shape = {
  find(root) {
    const server = memberOf(root, 'server') ?? root;
    const name = memberOf(server, 'name');
    const isServer = ['packages', 'remotes'].some((member) => memberOf(server, member)?.type === 'array');
    if (name === undefined || !isServer) return [];
    const node = { name: textOf(name) ?? '', place: 'server.json', key: name, value: server, isRepeated: false };
    return [{ place: 'server.json', node: server, servers: [node], folder: null }];
  },
  translate(draft) {
    const packages = itemsOf(draft.member('packages'));
    const remote = itemsOf(draft.member('remotes'))[0];
    const usable = packages.find((it) => runnerOf(it) !== undefined && isStdio(it));
    draft.drop('packages', 'remotes', 'repository', 'status', 'websiteUrl', 'website_url', 'version_detail');
    if (usable !== undefined) takePackage(draft, usable);
    else if (remote !== undefined) takeRemote(draft, remote);
    else draft.leaveOut('has no package that can be run here (npm, pypi, oci or nuget, over stdio) and no remote');
  },
};

function takePackage(draft: EntryDraft, node: ConfigNode): void {
  const runner = runnerOf(node);
  if (runner === undefined) return;
  const at = node.offset;
  const runtime = argumentsOf(itemsOf(member(node, 'runtimeArguments')));
  const own = argumentsOf(itemsOf(member(node, 'packageArguments')));
  const variables = itemsOf(member(node, 'environmentVariables')).flatMap(variable);
  const passed = runner.program === 'docker' ? variables.flatMap(([name]) => ['-e', name]) : [];
  const fixed = [...runner.before, ...passed].filter((word) => !runtime.some((given) => given.value === word));
  const words = [
    ...fixed.map((word) => textNode(word, at)),
    ...runtime,
    textNode(packageName(node, runner), at),
    ...own,
  ];
  draft.set('command', textOf(member(node, 'runtimeHint')) || runner.program);
  draft.setNode('args', { type: 'array', children: words, offset: at });
  for (const [name, value] of variables) draft.addTo('env', name, value, 'env');
}

function takeRemote(draft: EntryDraft, node: ConfigNode): void {
  const url = memberOf(node, 'url');
  const type = memberOf(node, 'type') ?? memberOf(node, 'transport_type');
  if (type !== undefined) draft.setNode('type', type);
  if (url !== undefined) draft.setNode('url', textNode(inOurVariables(textOf(url) ?? '', node), url.offset));
  for (const header of itemsOf(memberOf(node, 'headers'))) {
    for (const [name, value] of variable(header)) draft.addTo('headers', name, value, 'headers');
  }
}

function runnerOf(node: ConfigNode): Runner | undefined {
  const type = textOf(member(node, 'registryType')) ?? textOf(memberOf(node, 'registry_name')) ?? '';
  const name = type === 'docker' ? 'oci' : type;
  return Object.hasOwn(RUNNERS, name) ? RUNNERS[name] : undefined;
}

function isStdio(node: ConfigNode): boolean {
  return (textOf(memberOf(memberOf(node, 'transport'), 'type')) ?? 'stdio') === 'stdio';
}

function packageName(node: ConfigNode, { versionMark }: Runner): string {
  const identifier = textOf(memberOf(node, 'identifier')) ?? textOf(memberOf(node, 'name')) ?? '';
  const version = textOf(memberOf(node, 'version'));
  const isPinned = version === undefined || version === '' || identifier.includes(versionMark, 1);
  return isPinned ? identifier : `${identifier}${versionMark}${version}`;
}

/**
 * Returns the name and value of a variable or header. The value comes from the file if it is there, otherwise from the
 * environment. If that variable is not set, the default is used.
 */
function variable(node: ConfigNode): (readonly [string, ConfigNode])[] {
  const name = textOf(memberOf(node, 'name'));
  if (name === undefined) return [];
  const given = memberOf(node, 'value');
  if (given !== undefined) return [[name, textNode(inOurVariables(textOf(given) ?? '', node), given.offset)]];
  const fallback = textOf(memberOf(node, 'default'));
  const variableName = name.replace(/\W/g, '_').replace(/^\d/, '_');
  if (fallback !== undefined) return [[name, textNode(`\${${variableName}:-${fallback}}`, node.offset)]];
  const isRequired = (member(node, 'isRequired') ?? memberOf(node, 'is_required'))?.value === true;
  const asked = environmentNode(variableName, node.offset, isRequired ? 'expected' : 'optional');
  return [[name, asked]];
}

/**
 * Returns the member of this name, or of the name that the first schemas used, such as `package_arguments` for
 * `packageArguments`.
 */
function member(node: ConfigNode, name: string): ConfigNode | undefined {
  return (
    memberOf(node, name) ??
    memberOf(
      node,
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
  );
}
