/** How a cookie of ours is set. It is for this host alone, and no script reads it. */
export interface CookieTraits {
  readonly sameSite: 'Lax' | 'Strict';
  /** Whether browsers reach the gateway over https. */
  readonly isSecure: boolean;
  /** 0 removes it. */
  readonly maxAgeS: number;
}

/** The name of a cookie; over https browsers then refuse one that another host of the domain set (RFC 6265bis). */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}

/** The value of `Set-Cookie`. */
export function setCookie(name: string, value: string, { sameSite, isSecure, maxAgeS }: CookieTraits): string {
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAgeS}${secure}`;
}

/** The values of the cookies of that name: a page on another port of this machine may have set one more. */
export function cookiesOf(header: string | undefined, name: string): readonly string[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at !== -1 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}
