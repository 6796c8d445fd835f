import { isReference } from '../findings/environment.js';
import type { ConfiguredWebhook } from '../schema/loaded-config.js';
import { webhook } from '../schema/webhook-schema.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';

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
  const secrets: string[] = [];
  const webhooks = section.flatMap((entry: unknown, index) => readWebhook(entry, [SECTION, index], context, secrets));
  for (const [index, { name }] of webhooks.entries()) {
    const first = webhooks.findIndex((other) => other.name === name);
    if (first < index) context.findings.problem([SECTION, index, 'name'], `the same as that of ${SECTION}[${first}]`);
  }
  return { webhooks, secrets };
}

function readWebhook(
  entry: unknown,
  path: readonly PropertyKey[],
  context: Context,
  secrets: string[],
): readonly ConfiguredWebhook[] {
  if (!isObject(entry)) {
    context.findings.problem(path, 'expected an object with name, url and secret');
    return [];
  }
  const { known } = readSection(SECTION, entry, path, context);
  // Its variable is not set, which has been told.
  if (isReference('secret' in entry ? entry.secret : undefined) && known['secret'] === null) return [];
  const read = context.findings.read(webhook, known, path);
  if (read === undefined) return [];
  secrets.push(String(known['secret']));
  return [read];
}
