/** One way to start one of the published servers. */
export interface RealServer {
  /** Unique id, which is also the key of the server's entry in the configuration file. */
  readonly id: string;
  /** The npm package, at the version that package.json in this folder pins. */
  readonly package: string;
  /** The file of a native executable inside the package. Without it, the package's command runs with Node. */
  readonly nativeFile?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Part of the last line of a server that exits because something that it needs is missing. Without this field, the
   * server must list its tools.
   */
  readonly exitsWith?: string;
  /** Matches the parts of the definitions that differ at every start. Must have the flag g. */
  readonly changing?: RegExp;
  /** What distinguishes the server from the other servers of the catalog. */
  readonly trait: string;
}

const OFFICIAL = '@modelcontextprotocol/server-';

/** Placeholder for the folder that the test creates for the server's files. */
export const FOLDER = '{folder}';

const LISTING: readonly RealServer[] = [
  { id: 'everything', package: `${OFFICIAL}everything`, trait: 'changes its tool list right after the handshake' },
  {
    id: 'memory',
    package: `${OFFICIAL}memory`,
    trait: 'output schemas',
    env: { MEMORY_FILE_PATH: `${FOLDER}/memory` },
  },
  { id: 'filesystem', package: `${OFFICIAL}filesystem`, args: [FOLDER], trait: 'asks for roots' },
  { id: 'sequential-thinking', package: `${OFFICIAL}sequential-thinking`, trait: 'one tool with a long description' },
  { id: 'github', package: `${OFFICIAL}github`, trait: 'SDK 1.0.1, protocol 2024-11-05' },
  {
    id: 'gitlab',
    package: `${OFFICIAL}gitlab`,
    env: { GITLAB_PERSONAL_ACCESS_TOKEN: 'dummy' },
    trait: 'SDK 1.0.1, protocol 2024-11-05',
  },
  {
    id: 'google-maps',
    package: `${OFFICIAL}google-maps`,
    env: { GOOGLE_MAPS_API_KEY: 'dummy' },
    trait: 'SDK 1.0.1, protocol 2024-11-05',
  },
  {
    id: 'brave-search',
    package: `${OFFICIAL}brave-search`,
    env: { BRAVE_API_KEY: 'dummy' },
    trait: 'SDK 1.0.1, protocol 2024-11-05',
  },
  {
    id: 'slack',
    package: `${OFFICIAL}slack`,
    env: { SLACK_BOT_TOKEN: 'dummy', SLACK_TEAM_ID: 'dummy' },
    trait: 'SDK 1.0.1, protocol 2024-11-05',
  },
  {
    id: 'postgres',
    package: `${OFFICIAL}postgres`,
    args: ['postgresql://127.0.0.1:9/none'],
    trait: 'cannot reach its database, and lists its tool all the same',
  },
  {
    id: 'system-monitor',
    package: `${OFFICIAL}system-monitor`,
    args: ['--stdio'],
    trait: 'an MCP App: _meta.ui in its tools',
  },
  { id: 'boilerplate', package: '@aashari/boilerplate-mcp-server', trait: 'a line on stdout that is no message' },
  {
    id: 'currents',
    package: '@currents/mcp',
    env: { CURRENTS_API_KEY: 'dummy' },
    changing: /\d+/g,
    trait: 'the default of a parameter is the present time',
  },
  { id: 'drawio', package: '@drawio/mcp', trait: 'a second of CPU before it answers' },
  { id: 'travelplanner', package: '@gongrzhe/server-travelplanner-mcp', trait: 'SDK 0.5.0, protocol 2024-11-05' },
  { id: 'weather', package: '@h1deya/mcp-server-weather', trait: 'a banner on stderr' },
  { id: 'transcript', package: '@kimtaeyoon83/mcp-server-youtube-transcript', trait: 'SDK 0.6.0, protocol 2024-11-05' },
  { id: 'notion', package: '@notionhq/notion-mcp-server', trait: 'schemas made from an OpenAPI document' },
  { id: 'airbnb', package: '@openbnb/mcp-server-airbnb', trait: 'fetches a file before it answers, and cannot' },
  { id: 'primevue', package: '@primevue/mcp', trait: 'a large program; prompts, resources and completions too' },
  { id: 'react-aria', package: '@react-aria/mcp', trait: 'fetches an index before it answers, and cannot' },
  { id: '1password', package: '@takescake/1password-mcp', trait: 'SDK 2.0.0: speaks 2026-07-28; JSON log on stderr' },
  { id: 'context7', package: '@upstash/context7-mcp', trait: 'SDK 2.0.0: speaks 2026-07-28; a second of CPU' },
  { id: 'codex', package: 'codex-mcp-server', trait: 'its tools run a program that is not there' },
  { id: 'gemini', package: 'gemini-mcp-tool', trait: 'tools and prompts of the same names' },
  { id: 'howtocook', package: 'howtocook-mcp', trait: 'loads its data before it answers' },
  {
    id: 'discord',
    package: 'mcp-discord',
    env: { DISCORD_TOKEN: 'dummy' },
    trait: 'messages of the method "log" before the handshake; three seconds of CPU',
  },
  { id: 'figma', package: 'mcp-figma', trait: 'SDK 0.4.0, protocol 2024-11-05' },
  { id: 'git', package: 'mcp-git', trait: 'many tools' },
  {
    id: 'graphql',
    package: 'mcp-graphql',
    env: { ENDPOINT: 'http://127.0.0.1:9/graphql' },
    trait: 'SDK 1.12.0, protocol 2025-03-26',
  },
  { id: 'hello-world', package: 'mcp-hello-world', trait: 'resources and prompts beside its tools' },
  { id: 'obsidian', package: 'mcp-obsidian', args: [FOLDER], trait: 'SDK 0.5.0, protocol 2024-11-05' },
  { id: 'ripgrep', package: 'mcp-ripgrep', trait: 'its tools run a program that is not there' },
  { id: 'searxng', package: 'mcp-searxng', trait: 'SDK 2.0.0: speaks 2026-07-28' },
  { id: 'thinking-tools', package: 'mcp-sequentialthinking-tools', trait: 'not over the official SDK: tmcp' },
  { id: 'code-runner', package: 'mcp-server-code-runner', trait: 'its banner is on stdout' },
  { id: 'commands', package: 'mcp-server-commands', trait: 'SDK 1.9.0, protocol 2024-11-05' },
  { id: 'shrimp', package: 'mcp-shrimp-task-manager', trait: 'asks for roots once for each of its 15 tools' },
  { id: 'reddit', package: 'reddit-mcp-buddy', trait: 'a banner of several lines on stderr' },
  {
    id: 'native-time',
    package: 'mcp-time-linux-x64',
    nativeFile: 'bin/mcp-time',
    changing: /`\w+`(, )?/g,
    trait: 'a Go program; protocol 2025-03-26; a list in a description has another order at every start',
  },
  {
    id: 'native-cortex',
    package: '@temporal-cortex/cortex-mcp-linux-x64',
    nativeFile: 'bin/cortex-mcp',
    trait: 'a Rust program; exits at a first message that it does not know',
  },
  {
    id: 'native-leanspec',
    package: '@leanspec/mcp-linux-x64',
    nativeFile: 'leanspec-mcp',
    trait: 'a Rust program; answers notifications too, with a null result and no id',
  },
  {
    id: 'native-alertmanager',
    package: 'mcp-alertmanager-linux-amd64',
    nativeFile: 'bin/mcp-alertmanager-linux-amd64',
    env: { ALERTMANAGER_URL: 'http://127.0.0.1:9' },
    trait: 'a Go program',
  },
  { id: 'tavily', package: 'tavily-mcp', trait: 'two copies of the SDK; a second of CPU' },
  { id: 'time', package: 'time-mcp', trait: 'its banner is on stdout, before the handshake' },
];

const EXITING: readonly RealServer[] = [
  {
    id: 'brave-search-no-key',
    package: `${OFFICIAL}brave-search`,
    exitsWith: 'BRAVE_API_KEY environment variable is required',
    trait: 'exits: no key',
  },
  {
    id: 'gitlab-no-token',
    package: `${OFFICIAL}gitlab`,
    exitsWith: 'GITLAB_PERSONAL_ACCESS_TOKEN environment variable is not set',
    trait: 'exits: no token',
  },
  {
    id: 'google-maps-no-key',
    package: `${OFFICIAL}google-maps`,
    exitsWith: 'GOOGLE_MAPS_API_KEY environment variable is not set',
    trait: 'exits: no key',
  },
  {
    id: 'slack-no-token',
    package: `${OFFICIAL}slack`,
    exitsWith: 'Please set SLACK_BOT_TOKEN and SLACK_TEAM_ID environment variables',
    trait: 'exits: no token',
  },
  {
    id: 'postgres-no-url',
    package: `${OFFICIAL}postgres`,
    exitsWith: 'Please provide a database URL as a command-line argument',
    trait: 'exits: no argument',
  },
  {
    id: 'perplexity-no-key',
    package: '@perplexity-ai/mcp-server',
    exitsWith: 'PERPLEXITY_API_KEY environment variable is required',
    trait: 'exits: no key',
  },
  {
    id: 'obsidian-no-vault',
    package: 'mcp-obsidian',
    exitsWith: 'Usage: mcp-obsidian <vault-directory>',
    trait: 'exits: no argument',
  },
  {
    id: 'todoist-no-key',
    package: 'todoist-mcp',
    exitsWith: 'Missing required configuration: API_KEY',
    trait: 'exits: no key',
  },
];

/** All servers of the test. The exiting servers are spread among the others, as in a real file. */
export const SERVERS: readonly RealServer[] = LISTING.flatMap((server, index) => {
  const exiting = index % 5 === 4 ? EXITING[(index - 4) / 5] : undefined;
  return exiting === undefined ? [server] : [server, exiting];
});
