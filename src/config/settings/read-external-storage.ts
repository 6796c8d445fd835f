import { externalStorage } from '../schema/external-storage-schema.js';
import type { ConfiguredStorage } from '../schema/loaded-config.js';
import { compact } from '../schema/values.js';
import { type Context, readSection } from '../sections/read-section.js';

const SECTION = 'external_storage';

/** `external_storage`: where payloads go that are large for Temporal; undefined: nothing is said of it. */
export function readExternalStorage(section: unknown, context: Context): ConfiguredStorage | undefined {
  if (section === undefined || section === null) return undefined;
  const { known } = readSection(SECTION, section, [SECTION], context);
  const read = context.findings.read(externalStorage, known, [SECTION]);
  return read && compact({ location: read.location, maxPayloadBytes: read.max_payload_mb });
}
