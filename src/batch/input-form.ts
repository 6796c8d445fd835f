/** So much of an input tells what it is. */
export const FORM_BYTES = 64 * 1024;

/** What people give instead of JSON Lines. */
interface OtherForm {
  /** `The input …` */
  readonly is: string;
  /** What makes rows of it. */
  readonly instead: string;
  /** Bytes, each as a character, that it begins with; or what else tells. */
  readonly begins?: readonly string[];
  readonly shows?: (text: string) => boolean;
}

const SAVE_AS_UTF8 = 'save it as UTF-8, with iconv -f UTF-16 -t UTF-8 for instance';
const UNPACK = 'unpack it, or pack it by gzip';
const ONE_PER_LINE = 'one object per line';

/** The first that fits counts. */
const OTHER_FORMS: readonly OtherForm[] = [
  { is: 'is packed twice by gzip', instead: 'unpack it once', begins: ['\x1f\x8b'] },
  { is: 'is a zip archive', instead: UNPACK, begins: ['PK\x03\x04', 'PK\x05\x06'] },
  { is: 'is packed by zstd', instead: UNPACK, begins: ['\x28\xb5\x2f\xfd'] },
  { is: 'is packed by bzip2', instead: UNPACK, begins: ['BZh'] },
  { is: 'is packed by xz', instead: UNPACK, begins: ['\xfd7zXZ\x00'] },
  { is: 'is packed by 7-Zip', instead: UNPACK, begins: ['7z\xbc\xaf\x27\x1c'] },
  { is: 'is a tar archive', instead: 'take the file out of it', shows: (text) => text.startsWith('ustar', 257) },
  { is: 'is a Parquet file', instead: 'export it as JSON Lines', begins: ['PAR1'] },
  {
    is: 'is UTF-32',
    instead: 'save it as UTF-8',
    begins: ['\xff\xfe\x00\x00', '\x00\x00\xfe\xff'],
    shows: (text) => /^(?:\s\0{3})*[[{]\0{3}|^(?:\0{3}\s)*\0{3}[[{]/.test(text),
  },
  {
    is: 'is UTF-16',
    instead: SAVE_AS_UTF8,
    begins: ['\xff\xfe', '\xfe\xff'],
    shows: (text) => /^(?:\s\0)*[[{]\0|^(?:\0\s)*\0[[{]/.test(text),
  },
  {
    is: 'is a JSON array',
    instead: `${ONE_PER_LINE}, as jq -c '.[]' writes them`,
    // A line of its own may be a list by mistake.
    shows: (text) => text.startsWith('[') && !/^\[[^\n]*\][ \t\r]*\n\s*[{[]/.test(text),
  },
  {
    is: 'has commas behind its rows',
    instead: `${ONE_PER_LINE}, and nothing behind it`,
    shows: (text) => /^\{[^\r\n]*\}[ \t]*,[ \t]*\r?\n/.test(text),
  },
  {
    is: 'has an object over many lines',
    instead: `${ONE_PER_LINE}, as jq -c . writes them`,
    shows: (text) => /^\{(?:[^\r\n]*[{[:,])?[ \t]*\r?\n\s*["}\]]/.test(text),
  },
  {
    is: 'has no line feeds (\\n) between its rows',
    instead: ONE_PER_LINE,
    // Carriage returns alone, or what Unicode takes for line ends: U+0085, U+2028, U+2029.
    shows: (text) => /^\{[^\n]*\}(?:\r|\xc2\x85|\xe2\x80[\xa8\xa9])+\{\s*"[^"\\]*"\s*:/.test(text),
  },
  {
    is: 'is no JSON',
    instead: ONE_PER_LINE,
    shows: (text) => /^[^{[\s][^\n]*\n\s*[^{[\s]/.test(text),
  },
];

/**
 * What is wrong with an input as a whole, so that it is told once, and not of every line; null: its lines tell.
 * @param head - the bytes that it begins with
 */
export function formProblem(head: Buffer): string | null {
  const bytes = head.toString('latin1');
  const text = bytes.replace(/^(?:\xef\xbb\xbf|\s)+/, '');
  const form = OTHER_FORMS.find(({ begins = [], shows }) => {
    return begins.some((start) => bytes.startsWith(start)) || shows?.(text) === true;
  });
  return form === undefined ? null : `the input ${form.is}: expected JSON Lines (JSONL), ${form.instead}`;
}
