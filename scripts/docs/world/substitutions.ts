/** Where the things of one page's world are. */
export interface Places {
  readonly project: string;
  /** The port that gateways and servers of the page get. */
  readonly port: number;
  /** The port of a connector that the page starts. */
  readonly connectorPort: number;
  /** Resolves with the address of a server, which is started when it is first asked for. */
  readonly address: (server: ServerName) => Promise<string>;
}

export type ServerName = 'maps' | 'mcp' | 'linear' | 'notion' | 'redis';

interface Substitution {
  readonly printed: RegExp;
  readonly means: (places: Places, found: RegExpExecArray) => string | Promise<string>;
}

/**
 * The addresses and places that pages print, with what the demo world has in their place. The demo world has no others.
 */
const SUBSTITUTIONS: readonly Substitution[] = [
  // A signed map at every path, and the files of the page's folder `public`.
  { printed: /https:\/\/maps\.example\.com/g, means: ({ address }) => address('maps') },
  { printed: /https:\/\/team\.example\.com/g, means: async ({ address }) => `${await address('maps')}/team` },
  // An MCP server over HTTP.
  { printed: /https:\/\/(?:mcp|search|docs)\.example\.com\/mcp/g, means: ({ address }) => address('mcp') },
  // The same behind a login, with an authorization server.
  { printed: /https:\/\/mcp\.linear\.app\/mcp/g, means: ({ address }) => address('linear') },
  { printed: /https:\/\/mcp\.notion\.com\/mcp/g, means: ({ address }) => address('notion') },
  // A Redis server without TLS.
  {
    printed: /rediss:\/\/(\w+@)?redis\.example\.com/g,
    means: async ({ address }, [, user = '']) => (await address('redis')).replace('//', `//${user}`),
  },
  // Pages run side by side, and the machine may use the port of a gateway.
  { printed: /(127\.0\.0\.1:|PORT=)3001\b/g, means: ({ connectorPort }, [, before]) => `${before}${connectorPort}` },
  { printed: /(127\.0\.0\.1|localhost):(?:3737|8080)\b/g, means: ({ port }, [, host]) => `${host}:${port}` },
  { printed: /(--port[ =]|\bport: )\d{4}\b/g, means: ({ port }, [, flag]) => `${flag}${port}` },
  { printed: /\.listen\(\d{4}\b/g, means: ({ port }) => `.listen(${port}` },
  // Folders of the system are below the page's folder.
  { printed: /(?<![\w.])\/(?:var\/lib|data|srv)\b/g, means: ({ project }, [path]) => `${project}${path}` },
  // The world has set the values that a reader fills in.
  { printed: /\b([A-Z][A-Z_]+)=…/g, means: (_, [, name]) => `${name}="$${name}"` },
];

/** Replaces the addresses and places that a page prints with those of the demo world. */
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
