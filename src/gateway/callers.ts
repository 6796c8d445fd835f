import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { madeOf, type GatewayKey, type GatewaySettings } from '../config/index.js';
import { Refusal, type AdmissionProblem } from './refusal.js';

/** Who asks: a key of the config, or anybody where the config has none. */
export type Caller = Omit<GatewayKey, 'sha256' | 'nextSha256' | 'expiresMs'>;

export const ANYBODY: Caller = { id: 'anonymous' };

/** Where clients put their key: LiteLLM's own header first, then OpenAI's, Anthropic's and Azure's. */
const KEY_HEADERS = ['x-litellm-api-key', 'authorization', 'x-api-key', 'api-key'] as const;

/** Finds out who sends a request, or throws a Refusal. */
export type IdentifyCaller = (headers: IncomingHttpHeaders) => Caller;

/** Callers are known by the digests of their keys: no key itself is kept, and comparing takes the same time for all. */
export function createIdentifyCaller(settings: Pick<GatewaySettings, 'keys'>, nowMs: () => number): IdentifyCaller {
  const digests = madeOf(() => settings.keys, digestsOf);
  return (headers) => {
    if (settings.keys.length === 0) return ANYBODY;
    const key = keyIn(headers);
    if (key === undefined) {
      throw unauthorized('no key', 'no key: send one as Authorization: Bearer KEY, or as x-api-key: KEY');
    }
    const digest = createHash('sha256').update(key).digest();
    let found: ReturnType<typeof digestsOf>[number] | null = null;
    for (const each of digests()) {
      if (timingSafeEqual(each.digest, digest)) found = each;
    }
    if (found === null) {
      throw unauthorized('unknown key', 'this gateway does not know the key that was sent');
    }
    const { caller, expiresMs } = found;
    if (nowMs() >= expiresMs) {
      throw unauthorized('expired key', `key ${caller.id} has expired: ask its operator for another`);
    }
    return caller;
  };
}

function digestsOf(keys: readonly GatewayKey[]) {
  return keys.flatMap(({ sha256, nextSha256, expiresMs = Infinity, ...caller }) =>
    [sha256 ?? [], nextSha256 ?? []].flat().map((hex) => ({ caller, expiresMs, digest: Buffer.from(hex, 'hex') })),
  );
}

function keyIn(headers: IncomingHttpHeaders): string | undefined {
  for (const name of KEY_HEADERS) {
    const value = headers[name];
    const key = typeof value === 'string' ? value.replace(/^bearer\s+/i, '').trim() : '';
    if (key !== '') return key;
  }
  return undefined;
}

function unauthorized(admission: AdmissionProblem, message: string): Refusal {
  return new Refusal({ kind: 'AuthenticationError', message, code: 'invalid_api_key', admission });
}
