/** Attributes of a cookie. Every cookie is for this host alone and hidden from scripts. */
export interface CookieTraits {
  readonly sameSite: 'Lax' | 'Strict';
  /** Whether browsers reach the gateway over https. */
  readonly isSecure: boolean;
  /** Lifetime of the cookie in seconds; 0 removes the cookie. */
  readonly maxAgeS: number;
}

/**
 * Returns the name of a cookie. Over https it has a prefix, so that browsers reject a cookie that another host of the
 * domain set (RFC 6265bis).
 */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}

/** Returns the value of `Set-Cookie`. */
export function setCookie(name: string, value: string, { sameSite, isSecure, maxAgeS }: CookieTraits): string {
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAgeS}${secure}`;
}

/**
 * Returns the values of all cookies with this name, because a page on another port of this machine may have set a
 * cookie with the same name.
 */
export function cookiesOf(header: string | undefined, name: string): readonly string[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at !== -1 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}
