/** What `--lenient` does, for the help of every command that reads a config to check it. */
export const LENIENT_HELP = 'keys that nobody knows are notes, and no errors';
