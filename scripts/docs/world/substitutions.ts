/** The folder, ports and servers of a demo world. They replace the paths, ports and hosts that a page prints. */
export interface Places {
  readonly project: string;
  /** The port for gateways and servers that the page starts. */
  readonly port: number;
  /** The port for a connector that the page starts. */
  readonly connectorPort: number;
  /** Resolves with the URL of a server. The first call for a server starts it. */
  readonly address: (server: ServerName) => Promise<string>;
}

export type ServerName = 'maps' | 'mcp' | 'linear' | 'notion' | 'redis';

interface Substitution {
  readonly printed: RegExp;
  readonly means: (places: Places, found: RegExpExecArray) => string | Promise<string>;
}

/**
 * The URLs, ports and paths that pages print, each with its replacement in the demo world. Hosts that are not in this
 * list cannot be reached in the demo world.
 */
const SUBSTITUTIONS: readonly Substitution[] = [
  // A server with a signed map at every path, and with the files of the page's folder `public`.
  { printed: /https:\/\/maps\.example\.com/g, means: ({ address }) => address('maps') },
  { printed: /https:\/\/team\.example\.com/g, means: async ({ address }) => `${await address('maps')}/team` },
  // An MCP server over HTTP.
  { printed: /https:\/\/(?:mcp|search|docs)\.example\.com\/mcp/g, means: ({ address }) => address('mcp') },
  // MCP servers that require a login, each with an authorization server.
  { printed: /https:\/\/mcp\.linear\.app\/mcp/g, means: ({ address }) => address('linear') },
  { printed: /https:\/\/mcp\.notion\.com\/mcp/g, means: ({ address }) => address('notion') },
  // A Redis server without TLS.
  {
    printed: /rediss:\/\/(\w+@)?redis\.example\.com/g,
    means: async ({ address }, [, user = '']) => (await address('redis')).replace('//', `//${user}`),
  },
  // Ports are replaced, because pages are tested at the same time, and the machine may use these ports already.
  { printed: /(127\.0\.0\.1:|PORT=)3001\b/g, means: ({ connectorPort }, [, before]) => `${before}${connectorPort}` },
  { printed: /(127\.0\.0\.1|localhost):(?:3737|8080)\b/g, means: ({ port }, [, host]) => `${host}:${port}` },
  { printed: /(--port[ =]|\bport: )\d{4}\b/g, means: ({ port }, [, flag]) => `${flag}${port}` },
  { printed: /\.listen\(\d{4}\b/g, means: ({ port }) => `.listen(${port}` },
  // Folders of the system are replaced by folders in the project's folder.
  { printed: /(?<![\w.])\/(?:var\/lib|data|srv)\b/g, means: ({ project }, [path]) => `${project}${path}` },
  // Replaces a value that the reader has to fill in with the environment variable of the same name.
  { printed: /\b([A-Z][A-Z_]+)=…/g, means: (_, [, name]) => `${name}="$${name}"` },
];

/** Replaces the URLs, ports and paths that a page prints with those of the demo world. */
export async function substitute(text: string, places: Places): Promise<string> {
  let replaced = text;
  for (const { printed, means } of SUBSTITUTIONS) {
    let result = '';
    let from = 0;
    for (const found of replaced.matchAll(printed)) {
      result += replaced.slice(from, found.index) + (await means(places, found));
      from = found.index + found[0].length;
    }
    replaced = result + replaced.slice(from);
  }
  return replaced;
}
