/** One thing that is wrong with a config or a request, or worth knowing about it. */
export interface Finding {
  /** Where, for instance `model_list[0].litellm_params.model`; for YAML that cannot be read, line and column. */
  readonly path: string;
  readonly message: string;
}

/** What is worth knowing about a config that works. */
export interface Note extends Finding {
  /** About a key that has no effect; about a variable or a key that is missing here; about anything else. */
  readonly kind: 'ignored' | 'missing' | 'note';
}

/** How many problems are listed: a broken file can have thousands, which have few causes. */
const MAX_LISTED = 100;

/** At most 100 problems, the last one telling how many more there are. */
export function listed(problems: readonly Finding[]): Finding[] {
  if (problems.length <= MAX_LISTED) return [...problems];
  const more = problems.length - MAX_LISTED + 1;
  return [...problems.slice(0, MAX_LISTED - 1), { path: '', message: `… and ${more} more problems` }];
}

/** A config that cannot be used. The message has one line per problem; none of them shows a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Finding[];
  /** What else was found. */
  readonly notes: readonly Note[];

  constructor(source: string, problems: readonly Finding[], notes: readonly Note[] = []) {
    const shown = listed(problems);
    super(
      shown.map(({ path, message }) => [source, path, message].filter((part) => part !== '').join(': ')).join('\n'),
    );
    this.problems = shown;
    this.notes = notes;
  }
}
