const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Shorter ones may be ordinary text. */
const MIN_FORM_LENGTH = 8;

/**
 * A secret in all forms in which a text may quote it: as it is, escaped in a URL or in JSON, and within a longer text in
 * base64, of either alphabet, wherever it begins there.
 */
export function secretForms(secret: string): string[] {
  const inUrl = encodeURIComponent(secret.toWellFormed());
  const others = [
    inUrl,
    inUrl.replace(/%../g, (code) => code.toLowerCase()),
    JSON.stringify(secret).slice(1, -1),
    ...base64Forms(inUrl),
  ];
  return [...new Set([secret, ...others.filter((form) => form.length >= MIN_FORM_LENGTH)])];
}

/** What of the base64 of a longer text is sure to be there: three bytes are four characters, so it has three places. */
function base64Forms(inUrl: string): string[] {
  const bytes = bytesOf(inUrl);
  return [0, 1, 2].flatMap((before) => {
    const encoded = base64([...Array<number>(before).fill(0), ...bytes]);
    // What the bytes around it share in is not the secret's.
    const form = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The bytes in UTF-8 that a text in a URL stands for. */
function bytesOf(inUrl: string): number[] {
  return Array.from(inUrl.matchAll(/%[\dA-F]{2}|[^%]/g), ([part]) =>
    part.length === 1 ? part.charCodeAt(0) : Number.parseInt(part.slice(1), 16),
  );
}

function base64(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from(bits.matchAll(/.{1,6}/g), ([six]) => BASE64[Number.parseInt(six.padEnd(6, '0'), 2)]).join('');
}
