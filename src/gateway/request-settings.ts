import type { IncomingHttpHeaders } from 'node:http';
import type { RawRequest } from '../core/plan/request.js';
import { Refusal } from './refusal.js';

/** LiteLLM's request headers that steer a call, and the setting of the request that each stands for. */
export const SETTING_HEADERS = {
  'x-litellm-timeout': 'timeout',
  'x-litellm-stream-timeout': 'stream_timeout',
  'x-litellm-num-retries': 'num_retries',
} as const;

/** The settings that headers bring. They win over those in the body. */
export function settingsInHeaders(headers: IncomingHttpHeaders): RawRequest {
  return Object.fromEntries(
    Object.entries(SETTING_HEADERS).flatMap(([header, setting]) => {
      const value = headers[header];
      return typeof value === 'string' ? [[setting, number(header, value)]] : [];
    }),
  );
}

function number(header: string, value: string): number {
  if (/^\d{1,9}(\.\d{1,9})?$/.test(value)) return Number(value);
  throw new Refusal({
    kind: 'BadRequestError',
    message: `${header}: expected a number, got ${JSON.stringify(value.slice(0, 40))}`,
  });
}
