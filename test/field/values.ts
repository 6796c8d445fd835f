type Fields = Record<string, unknown>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** Values that a case writes short: a long text, many texts, a time from now. */
const SHORT: Readonly<Record<string, (given: unknown) => unknown>> = {
  $text: (given) => {
    const [text, count] = given as [string, number];
    return text.repeat(count);
  },
  $texts: (given) => Array.from({ length: Number(given) }, (_, index) => `text ${index}`),
  $now_ms: (given) => String(Date.now() + Number(given)),
  $now_s: (given) => String(Math.round(Date.now() / 1000) + Number(given)),
};

/** A value of a case with what is written short in it made whole. */
export function whole(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(whole);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  const make = entries.length === 1 && only !== undefined ? SHORT[only[0]] : undefined;
  if (make !== undefined) return make(only?.[1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, whole(inner)]));
}

/** What stands at a path, `stream_options.include_usage` for instance. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, key) => fieldsOf(inner)[key], value);
}
