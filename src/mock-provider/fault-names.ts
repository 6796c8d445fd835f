import type { Step } from './steps.js';

interface FaultWord {
  /** Meaning of a number in parentheses, where the word takes one. */
  number?: 'seconds' | 'bytes';
  step: (number?: number) => Step;
}

const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

// oxlint-disable-next-line unicorn/no-thenable -- the key is part of the form of scripts
const streamFault = (then: NonNullable<Step['then']>): FaultWord => ({ step: () => ({ sse: ['Hel', 'lo'], then }) });

const FAULT_WORDS: Readonly<Record<string, FaultWord>> = {
  ok: { step: () => ({}) },
  slow: { number: 'seconds', step: (seconds = 3) => ({ delay: seconds }) },
  drip: { number: 'seconds', step: (seconds = 0.2) => ({ drip: [10, seconds] }) },
  large: { number: 'bytes', step: (bytes = 3_000_000) => ({ large: bytes }) },
  held: { step: () => ({ hold: true }) },
  hang: { step: () => ({ hang: true }) },
  reset: { step: () => ({ reset: true }) },
  cut: { step: () => ({ cut: true }) },
  context: { step: () => ({ error: 'context' }) },
  policy: { step: () => ({ error: 'policy' }) },
  filter: { step: () => ({ content: '', finish_reason: 'content_filter' }) },
  quota: { step: () => ({ error: 'quota' }) },
  auth: { step: () => ({ error: '401' }) },
  html: { step: () => ({ raw: HTML, headers: { 'content-type': 'text/html' } }) },
  empty: { step: () => ({ raw: '' }) },
  error200: { step: () => ({ status: 200, error: '500' }) },
  'no-choices': { step: () => ({ body: { id: 'chatcmpl-mock', object: 'chat.completion', choices: [] } }) },
  'stream-reset': streamFault('reset'),
  'stream-hang': streamFault('hang'),
  'stream-error': streamFault('error'),
  'stream-malformed': streamFault('malformed'),
  'stream-end': streamFault('end'),
};

/** The words of the grammar, for help texts and the list of models. */
export const FAULT_NAMES: readonly string[] = Object.keys(FAULT_WORDS);

const FAULT = /^(?<word>\d{3}|[a-z][a-z0-9-]*?)(?:\((?<argument>[^()]*)\))?(?:x(?<times>[1-9]\d{0,3}))?$/;
const HEADER = /^(?<name>[\w-]+)=(?<value>[\x20-\x7e]*)$/;
const MAX_SECONDS = 2_147_483;

/**
 * Reads a model name as faults: `429x2,500,ok` is two times 429, then 500, then good answers.
 *
 * ```text
 * name     = fault *( "," fault )            the last fault repeats
 * fault    = word [ "(" argument ")" ] [ "x" times ]
 * argument = number | header *( ";" header ) a header is name=value; the value @date+3 is 3 s ahead
 * ```
 *
 * | word | what the provider does |
 * |---|---|
 * | `ok` | a good answer |
 * | `200` … `599` | this status with the body a real provider sends, e.g. `429(retry-after=2)` |
 * | `slow` | a good answer after 3 s; `slow(0.5)` after 0.5 s |
 * | `drip` | a good answer in 10 pieces, 0.2 s before each; `drip(1)` 1 s before each |
 * | `large` | a good answer of 3,000,000 bytes; `large(100)` of 100 |
 * | `held` | a good answer when the provider is told to go on: `POST /mock/release` |
 * | `hang` | no answer, connection open |
 * | `reset` | connection reset before a response |
 * | `cut` | half of the body, then reset |
 * | `context` | 400 `context_length_exceeded` |
 * | `policy` | 400 `content_policy_violation` |
 * | `filter` | 200, empty text, finish reason `content_filter` |
 * | `quota` | 429 `insufficient_quota` |
 * | `auth` | 401 that repeats the key it got, partly masked |
 * | `html` | 200 with an HTML page |
 * | `empty` | 200 with an empty body |
 * | `error200` | 200 with an error as its body |
 * | `no-choices` | 200 with an empty list of choices |
 * | `stream-reset`, `-hang`, `-error`, `-malformed`, `-end` | streams "Hello", then: reset, silence, an error event, an event that is not JSON, an end without `[DONE]`. Without `stream: true` a good answer |
 *
 * @returns the steps, or undefined when the name is not in the grammar
 */
export function parseFaultName(name: string): Step[] | undefined {
  const steps: Step[] = [];
  for (const text of name.split(',')) {
    const { word, argument, times } = FAULT.exec(text)?.groups ?? {};
    const step = word === undefined ? undefined : faultStep(word, argument);
    if (step === undefined) return undefined;
    for (let count = Number(times ?? 1); count > 0; count -= 1) steps.push(step);
  }
  return steps;
}

function faultStep(word: string, argument: string | undefined): Step | undefined {
  const fault: FaultWord | undefined = /^[2-5]\d\d$/.test(word)
    ? { step: () => ({ status: Number(word) }) }
    : ownWord(word);
  if (fault === undefined || argument === undefined) return fault?.step();
  if (/^\d+(\.\d+)?$/.test(argument)) {
    return isAllowed(fault, Number(argument)) ? fault.step(Number(argument)) : undefined;
  }
  const headers = parseHeaders(argument);
  const step = fault.step();
  return headers && { ...step, headers: { ...step.headers, ...headers } };
}

function ownWord(word: string): FaultWord | undefined {
  return Object.hasOwn(FAULT_WORDS, word) ? FAULT_WORDS[word] : undefined;
}

function isAllowed(fault: FaultWord, number: number): boolean {
  if (fault.number === 'bytes') return Number.isSafeInteger(number);
  return fault.number === 'seconds' && number <= MAX_SECONDS;
}

function parseHeaders(argument: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const text of argument.split(';')) {
    const { name, value } = HEADER.exec(text)?.groups ?? {};
    if (name === undefined || value === undefined) return undefined;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
