/** The file in the state folder that keeps logins. */
export const LOGIN_FILE = 'logins.sqlite';

/** The file beside it that holds the key, where the system has no keyring. */
export const LOGIN_KEY_FILE = 'logins.key';

/** The start image beside them, where the key is in that file. */
export const LOGIN_IMAGE_FILE = 'logins.start';
