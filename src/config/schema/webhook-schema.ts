import { z } from 'zod';
import { WEBHOOK_EVENTS } from '../../core/plan/webhooks.js';
import { unset } from './values.js';

// None of these messages begins with "expected": those show the value, which may be a secret in the wrong place.
const nameError = 'must have 1 to 64 letters, digits, or any of . _ -';
const urlError = 'must be a URL: https://…';
const secretError = 'must be whsec_ and 24 to 64 bytes in base64: `echo whsec_$(openssl rand -base64 32)` makes one';
const eventsError = `must be a list of ${WEBHOOK_EVENTS.join(', ')}`;

const SECRET = /^whsec_([\w+/-]+=*)$/;

export const webhook = z.object({
  name: z.string({ error: nameError }).regex(/^[\w.-]{1,64}$/, { error: nameError }),
  url: z.url({ protocol: /^https?$/, error: urlError }),
  secret: z
    .string({ error: secretError })
    .transform((text) => Buffer.from(SECRET.exec(text)?.[1] ?? '', 'base64'))
    .refine((bytes) => bytes.length >= 24 && bytes.length <= 64, { error: secretError }),
  events: z.preprocess(
    unset,
    z.array(z.enum(WEBHOOK_EVENTS, { error: eventsError }), { error: eventsError }).default([]),
  ),
});
