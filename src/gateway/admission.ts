import type { GatewaySettings } from '../config/index.js';
import type { Caller } from './callers.js';
import { Refusal } from './refusal.js';

/** Requests under way at once, of all callers. Each holds a connection and a poll for its answer. */
export const DEFAULT_MAX_REQUESTS = 1000;

/** Where several keys share a gateway, one leaves so much of it to the others. */
const SHARE_OF_A_KEY = 0.8;

/** Each holds a connection and the part of a file. */
const DEFAULT_MAX_UPLOADS = 10;

/** A place is free again soon: requests end all the time. */
const RETRY_AFTER_SECONDS = 1;

interface AdmissionOptions {
  /** For messages. */
  readonly what: 'requests' | 'uploads';
  /** Of all callers. */
  readonly max: () => number;
  readonly maxOf: (caller: Caller) => number;
}

/** As they are in force. */
type Settings = Pick<GatewaySettings, 'keys' | 'eachKey' | 'maxParallelRequests'>;

/** Requests for calls. */
export function admitRequests(settings: Settings): Admission {
  const max = () => settings.maxParallelRequests ?? DEFAULT_MAX_REQUESTS;
  const ofEach = () =>
    settings.eachKey?.maxParallelRequests ?? (settings.keys.length > 1 ? Math.ceil(max() * SHARE_OF_A_KEY) : Infinity);
  return new Admission({ what: 'requests', max, maxOf: ({ maxParallelRequests = ofEach() }) => maxParallelRequests });
}

/** Uploads of files, which are requests, too. */
export function admitUploads(settings: Settings): Admission {
  const ofEach = () => settings.eachKey?.maxParallelUploads ?? DEFAULT_MAX_UPLOADS;
  return new Admission({
    what: 'uploads',
    max: () => Infinity,
    maxOf: ({ maxParallelUploads = ofEach() }) => maxParallelUploads,
  });
}

/** Counts what is under way, and lets in no more than there may be. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #byCaller = new Map<string, number>();
  #total = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#total;
  }

  /**
   * Lets one in; the function it returns must be called at its end.
   * @throws Refusal when there are too many
   */
  enter(caller: Caller): () => void {
    const { what, max, maxOf } = this.#options;
    const { id } = caller;
    const own = this.#byCaller.get(id) ?? 0;
    if (own >= maxOf(caller)) {
      throw tooMany('RateLimitError', `key ${id} has ${own} ${what} under way, as many as it may have at once`);
    }
    if (this.#total >= max()) {
      const message = `${this.#total} ${what} are under way, as many as this gateway serves at once`;
      throw tooMany('ServiceUnavailableError', message);
    }
    this.#count(id, 1);
    return () => this.#count(id, -1);
  }

  #count(id: string, change: 1 | -1): void {
    this.#total += change;
    const own = (this.#byCaller.get(id) ?? 0) + change;
    if (own === 0) this.#byCaller.delete(id);
    else this.#byCaller.set(id, own);
  }
}

function tooMany(kind: 'RateLimitError' | 'ServiceUnavailableError', message: string): Refusal {
  const admission = kind === 'RateLimitError' ? 'limit of key' : 'limit of gateway';
  return new Refusal({ kind, message, retryAfterSeconds: RETRY_AFTER_SECONDS, askAgain: true, admission });
}
