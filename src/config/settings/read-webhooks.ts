import type { ConfiguredWebhook } from '../schema/loaded-config.js';
import { webhook } from '../schema/webhook-schema.js';
import type { Context } from '../sections/read-section.js';
import { readSecretEntries } from '../sections/read-secret-entries.js';

const SECTION = 'webhooks';

interface ReadWebhooks {
  readonly webhooks: readonly ConfiguredWebhook[];
  /** As texts, to keep them out of messages. */
  readonly secrets: readonly string[];
}

/** `webhooks`: whom calls and batches may tell of themselves. */
export function readWebhooks(section: unknown, context: Context): ReadWebhooks {
  if (section === undefined || section === null) return { webhooks: [], secrets: [] };
  if (!Array.isArray(section)) {
    context.findings.problem([SECTION], 'expected a list of webhooks: [{ name, url, secret, events }]');
    return { webhooks: [], secrets: [] };
  }
  const expected = 'expected an object with name, url and secret';
  const list = {
    section: SECTION,
    path: [SECTION],
    schema: webhook,
    name: 'name',
    secret: 'secret',
    expected,
  } as const;
  const { entries: webhooks, secrets } = readSecretEntries(section, list, context);
  return { webhooks, secrets };
}
