import { redact } from '../../core/common/redact.js';
import { cutText } from '../../core/common/text.js';

export type Path = readonly PropertyKey[];

const PLAIN_KEY = /^[\w*-]{1,60}$/;
const MAX_SHOWN = 60;

/** No more of a text is looked at: a text can have millions of characters. */
const MAX_READ = 4000;

/** `model_list[0].litellm_params["my.key"]` */
export function formatPath(path: Path, secrets: readonly string[] = []): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!PLAIN_KEY.test(name)) return `${text}[${shown(name, secrets)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** The value at a path; undefined when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

/** A value as messages may show it: redacted, then cut, so that a cut never hides a secret from the redaction. */
export function shown(value: unknown, secrets: readonly string[] = []): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const clean = redact(String(value).slice(0, MAX_READ), secrets);
  return cutText(typeof value === 'string' ? JSON.stringify(clean) : clean, MAX_SHOWN);
}
