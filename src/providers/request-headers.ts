/** Headers by their names in small letters. Of those of one name the last one counts, whatever the case of its letters. */
export function joinHeaders(...all: readonly (Readonly<Record<string, string>> | undefined)[]): Record<string, string> {
  const entries = all.flatMap((headers = {}) => Object.entries(headers));
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
