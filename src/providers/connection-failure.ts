import type { FailureCause, Phase } from '../core/errors/failure-facts.js';
import { redactedMessage } from '../core/common/redact.js';
import { fieldsOf } from '../core/common/fields.js';

/** What the codes of Node and undici mean, in words. */
const MEANING: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'the host name was not found',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed by the other side',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
};

const WHILE_CONNECTING: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** The facts of an exchange that broke: fetch wraps the true cause, sometimes more than once. */
export function connectionFailure(
  error: unknown,
  phase: Phase,
  secrets: readonly string[],
): { cause: Extract<FailureCause, { type: 'connection' }>; phase: Phase } {
  const chain = causesOf(error);
  const code = chain.map(({ code: value }) => value).find((value) => value !== undefined);
  const last = chain.at(-1)?.message ?? 'the connection failed';
  return {
    cause: { type: 'connection', code, message: MEANING[code ?? ''] ?? redactedMessage(last, secrets) },
    phase: code !== undefined && WHILE_CONNECTING.includes(code) ? 'connecting' : phase,
  };
}

/** Whether an error is one of the network's. */
export function brokeConnection(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code !== undefined && Object.hasOwn(MEANING, code));
}

interface Cause {
  code: string | undefined;
  message: string;
}

function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  // Five levels are more than any library nests; the bound keeps a cause that is its own cause from looping.
  for (let value = error; value instanceof Error && causes.length < 5; value = value.cause) {
    const { code } = fieldsOf(value);
    causes.push({ code: typeof code === 'string' ? code : undefined, message: value.message });
  }
  return causes;
}
