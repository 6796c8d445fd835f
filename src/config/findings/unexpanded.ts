import { KEY_VARIABLES } from '../tables/known-providers.js';

/** How variables are written elsewhere: in shells, in templates, in Compose and CI files, in programs. */
const FORMS: readonly RegExp[] = [
  /\$\{\{?[\s.]*(?:(?:env|secrets|vars)[.:])?([A-Za-z_]\w*)[^}]*\}/,
  /\{\{-?[\s.]*(?:(?:env|secrets|vars|Values)\.)?([A-Za-z_]\w*)[^}]*\}\}/,
  /^\$\(?([A-Z_][A-Z\d_]+)\)?$/,
  /^%([A-Za-z_]\w*)%$/,
  /^(?:(?:os|process)\.)?env(?:iron)?(?:\.get)?\s*[.:/\\([]+\s*["']?([A-Za-z_]\w*)["']?[\])]*$/i,
  /^os\.getenv\(?\s*["']?([A-Za-z_]\w*)/i,
];

/** A text that somebody was to replace: `<your-key>`. */
const TEMPLATE = /^<([^<>]*)>$/;

/**
 * What is wrong with a text that is meant to be a variable, and would be sent as it is: only `os.environ/NAME` is one in
 * a config, as in LiteLLM. Null: nothing that can be seen.
 */
export function unexpanded(value: string): string | null {
  const text = value.trim();
  const name = KEY_VARIABLES.has(text) ? text : FORMS.map((form) => form.exec(text)?.[1]).find(Boolean);
  if (name !== undefined) return `would be sent as it is written: a variable is os.environ/${name} in this file`;
  if (!TEMPLATE.test(text)) return null;
  const inside = text.slice(1, -1);
  const variable = /^[A-Z_][A-Z\d_]+$/.test(inside) ? inside : 'NAME';
  return `a text to be replaced: write the value, or os.environ/${variable} for a variable`;
}
