import type { Step } from '../../src/mock-provider/index.js';

/** What a provider sends of its answer before something goes wrong. */
export const WORDS = ['One ', 'two '];

interface WireFault {
  /** As a stream, of which `sent` reaches the client. Where it holds, the provider waits to be released. */
  readonly streamed: Step;
  /** Without a stream. */
  readonly plain: Step;
  /** Settings of the request with which the fault is found out. */
  readonly settings?: object;
  readonly sent: string;
  /** Both end with an error of this kind. */
  readonly kind: string;
}

/** What goes wrong on the wire. */
export const FAULTS: Readonly<Record<string, WireFault>> = {
  'a provider that accepts, then is silent': {
    streamed: { hang: true },
    plain: { hang: true },
    settings: { stream_timeout: 1 },
    sent: '',
    kind: 'Timeout',
  },
  'an answer that is cut': {
    streamed: { sse: WORDS, hold: true, then: 'reset' },
    plain: { cut: true },
    sent: 'One two ',
    kind: 'APIConnectionError',
  },
  'an answer that stalls': {
    streamed: { sse: WORDS, then: 'hang' },
    plain: { drip: [2, 600] },
    sent: 'One two ',
    kind: 'Timeout',
  },
  'an answer that is garbled': {
    streamed: { sse: WORDS, hold: true, then: 'malformed' },
    plain: { raw: '{"choices": [{"ind' },
    sent: 'One two ',
    kind: 'InvalidResponseError',
  },
  'an answer with an error in it': {
    streamed: { sse: WORDS, hold: true, then: 'error' },
    plain: { status: 200, error: '500' },
    sent: 'One two ',
    kind: 'InvalidResponseError',
  },
  'an answer that ends before its end': {
    streamed: { sse: WORDS, hold: true, then: 'end' },
    plain: { body: { choices: [] } },
    sent: 'One two ',
    kind: 'InvalidResponseError',
  },
};
