/** File in the state folder that keeps logins. */
export const LOGIN_FILE = 'logins.sqlite';

/** File next to {@link LOGIN_FILE} with the key that encrypts logins. It exists only if the system has no keyring. */
export const LOGIN_KEY_FILE = 'logins.key';

/**
 * Start image (a copy for a fast start) of the logins, next to {@link LOGIN_FILE}. It exists only if the key is in
 * {@link LOGIN_KEY_FILE}.
 */
export const LOGIN_IMAGE_FILE = 'logins.start';
