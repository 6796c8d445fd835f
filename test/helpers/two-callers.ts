import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAI } from 'openai';
import { openGateway, type TestGateway } from './gateway.js';

export const KEYS = { one: 'sk-one-0123456789', two: 'sk-two-0123456789' } as const;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Their entries in `api_keys`. */
export const API_KEYS = {
  one: { id: 'one', sha256: sha256(KEYS.one) },
  two: { id: 'two', sha256: sha256(KEYS.two) },
} as const;

/** A gateway with a folder for files, and the clients of two callers. */
export interface TwoCallers {
  readonly root: string;
  readonly gateway: TestGateway;
  readonly one: OpenAI;
  readonly two: OpenAI;
  readonly close: () => Promise<void>;
}

/** @param config - with `API_KEYS` among its keys */
export async function openForTwo(config: unknown, options: { maxFileBytes?: number } = {}): Promise<TwoCallers> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  const gateway = await openGateway(config, {}, { files: root, ...options });
  return {
    root,
    gateway,
    one: gateway.openai({ apiKey: KEYS.one }),
    two: gateway.openai({ apiKey: KEYS.two }),
    close: async () => {
      await gateway.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
