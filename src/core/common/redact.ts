import { cutText } from './text.js';

/** As much of a text as is looked at: patterns over megabytes would hold everything else up. */
const MAX_TEXT_LENGTH = 10_000;

/** The longest provider message that is kept, in characters. */
const MAX_MESSAGE_LENGTH = 300;

const MASK = '[redacted]';

/** What a secret looks like, and what is left of it. */
const SECRET_PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // `Authorization: Bearer …`, `Basic …`, whatever the case
  [/\b(bearer|basic)\s+[\w.~+/=*-]{6,}/gi, `$1 ${MASK}`],
  // keys in query strings and in quoted, escaped or plain assignments, also at the end of a longer name: `AZURE_API_KEY=…`
  [
    /(?<![a-z\d])(api[-_]?key|key|access[-_]?token|token|secret|password|authorization)(\\?["']?\s*[=:]\s*\\?["']?)[^\s"'&,;\\]{4,}/gi,
    `$1$2${MASK}`,
  ],
  // the user part of an address, of a proxy for instance
  [/(:\/\/)[^\s/@]+@/g, `$1${MASK}@`],
  // the forms providers give their keys; they echo parts of them, with asterisks, in messages
  [/\b(?:sk|pk|rk|gsk|xai|hf|r8|pplx|nvapi)[-_][\w*.-]{6,}/g, MASK],
  [/\bAIza[\w-]{20,}/g, MASK],
  // JSON in base64, which tokens begin with. What follows must not decide: looking for it again and again takes for ever.
  [/\beyJ[\w-]{10,}(?:\.[\w-]*)*/g, MASK],
];

/**
 * Text without secrets: the given ones (keys the worker knows) and whatever looks like a key or a token. Of a text that is
 * very long its beginning, which ends before a secret rather than in it.
 * Every provider text passes through here before it can reach a history, a ledger, a log or an error.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text.length <= MAX_TEXT_LENGTH ? text : text.slice(0, endBetweenSecrets(text, secrets));
  // The longest first: a key that begins with another one must not leave its end behind.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    // Shorter ones are placeholders such as "x", and would mask ordinary text.
    if (secret.length >= 4) clean = clean.replaceAll(secret, MASK);
  }
  for (const [pattern, replacement] of SECRET_PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Where to cut a long text, so that no part of a secret is left that would not be known any more. */
function endBetweenSecrets(text: string, secrets: readonly string[]): number {
  const starts = secrets.flatMap((secret) => {
    const first = Math.max(0, MAX_TEXT_LENGTH - secret.length + 1);
    const at = text.slice(first, MAX_TEXT_LENGTH + secret.length - 1).indexOf(secret);
    return at === -1 ? [] : [first + at];
  });
  return Math.min(MAX_TEXT_LENGTH, ...starts);
}

/** A provider message as it may be kept: redacted, well-formed, on one line, at most 300 characters. */
export function redactedMessage(text: string, secrets: readonly string[] = []): string {
  const line = redact(text, secrets).replace(/\s+/g, ' ').trim();
  return cutText(line, MAX_MESSAGE_LENGTH);
}

/** The longest name that is kept of a provider: a code, the id of a request. */
const MAX_NAME_LENGTH = 100;

/** A name that a provider gave, as it may be kept: redacted, well-formed, at most 100 characters. */
export function redactedName(text: string, secrets: readonly string[] = []): string {
  return cutText(redact(text, secrets), MAX_NAME_LENGTH);
}
