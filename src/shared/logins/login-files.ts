/** File in the state folder that keeps logins. */
export const LOGIN_FILE = 'logins.sqlite';

/** File next to {@link LOGIN_FILE} that contains the key, if the system has no keyring. */
export const LOGIN_KEY_FILE = 'logins.key';

/** Start image next to {@link LOGIN_FILE}, if the key is in {@link LOGIN_KEY_FILE}. */
export const LOGIN_IMAGE_FILE = 'logins.start';
