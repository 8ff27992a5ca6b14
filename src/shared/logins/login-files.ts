/** File in the state directory that keeps logins. */
export const LOGIN_FILE = 'logins.sqlite';

/** File next to it that contains the key, if the system has no keyring. */
export const LOGIN_KEY_FILE = 'logins.key';

/** Start image next to them, if the key is in that file. */
export const LOGIN_IMAGE_FILE = 'logins.start';
