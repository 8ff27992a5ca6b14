/** A simulated user with a browser, which keeps cookies, follows redirects and fills in forms. */
export class ScriptedBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Every opened address, oldest first. */
  readonly visited: string[] = [];

  /** Sends one request with this browser's cookies, without following redirects. */
  async request(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    this.visited.push(url.href);
    const jar = this.#cookies.get(url.host) ?? new Map<string, string>();
    this.#cookies.set(url.host, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';', 1);
      const at = pair.indexOf('=');
      const isGone = /expires=thu, 01 jan 1970|max-age=0/i.test(cookie);
      if (isGone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /**
   * Opens an address, follows redirects and submits every form on the way, to log in as `login` and to consent. Stops
   * at a page without a form, or before it opens an address that begins with `stopAt`. Resolves with that page or
   * address.
   */
  async follow(
    address: string | URL,
    { stopAt = null, login = 'ada' }: { readonly stopAt?: string | null; readonly login?: string } = {},
  ): Promise<{ readonly url: string; readonly page: string; readonly status: number }> {
    let url = new URL(address).href;
    let response = await this.request(url);
    for (let step = 0; step < 30; step += 1) {
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        url = new URL(location, url).href;
        if (stopAt !== null && url.startsWith(stopAt)) return { url, page: '', status: response.status };
        response = await this.request(url);
        continue;
      }
      const page = await response.text();
      const form = formOf(page, url, login);
      if (form === null) return { url, page, status: response.status };
      url = form.action;
      const origin = new URL(url).origin;
      response = await this.request(url, { method: 'POST', body: form.fields, headers: { origin } });
    }
    throw new Error(`The login did not end after 30 redirects and forms: ${url}`);
  }
}

/** Returns the first POST form of a page, filled in; null if the page has no such form. */
function formOf(page: string, url: string, login: string): { action: string; fields: URLSearchParams } | null {
  const forms = [...page.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)];
  const [, attributes, inside] = forms.find(([, written = '']) => /method="?post/i.test(written)) ?? [];
  if (attributes === undefined || inside === undefined) return null;
  const action = fromHtml(/action="([^"]*)"/i.exec(attributes)?.[1] ?? '');
  const fields = new URLSearchParams();
  for (const [, input = ''] of inside.matchAll(/<input\b([^>]*)>/gi)) {
    const name = /name="([^"]*)"/i.exec(input)?.[1];
    if (name === undefined) continue;
    const value = /value="([^"]*)"/i.exec(input)?.[1];
    fields.set(name, value === undefined ? (name === 'login' ? login : 'secret of a test') : fromHtml(value));
  }
  return { action: new URL(action, url).href, fields };
}

function fromHtml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#x27;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
