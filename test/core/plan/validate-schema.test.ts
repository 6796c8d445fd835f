import { expect, test } from 'vitest';
import { resolveCall } from '../../../src/core/plan/resolve-settings.js';
import type { RequestSettings, SettingsLayer } from '../../../src/core/plan/settings.js';
import { config } from '../build.js';

test.each<[what: string, litellm: SettingsLayer, request: RequestSettings, value: boolean, source: string]>([
  ['off by default', {}, {}, false, 'default'],
  ['of the config', { validateSchema: true }, {}, true, 'litellm_settings.enable_json_schema_validation'],
  ['of the request', {}, { validateSchema: true }, true, 'request validate_schema'],
  ['off by the request', { validateSchema: true }, { validateSchema: false }, false, 'request validate_schema'],
])('whether answers must fit the schema of the request: %s', (_, litellm, request, value, source) => {
  expect(resolveCall(config(['a'], { litellm }), request).validateSchema).toEqual({ value, source });
});
