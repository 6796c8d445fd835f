import { z } from 'zod';
import { apiKeyId } from './gateway-schema.js';

const KEY_BYTES = 32;

// No message shows the value, or how long it is.
const keyError = `must be ${KEY_BYTES} bytes in base64 or hex: \`openssl rand -base64 ${KEY_BYTES}\` makes one`;

export const encryptionKey = z.object({
  id: apiKeyId,
  key: z
    .string({ error: keyError })
    .transform(bytesOf)
    .refine((key) => key.length === KEY_BYTES, { error: keyError }),
});

function bytesOf(text: string): Buffer {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  // Node passes over what is no base64.
  return /^[\w+/-]+=*$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}
