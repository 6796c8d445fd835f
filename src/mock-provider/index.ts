export { FAULT_NAMES } from './fault-names.js';
export type { RecordedRequest } from './journal.js';
export { parseScript, ScriptError } from './parse-script.js';
export { startMockProvider, type MockProvider, type MockProviderOptions } from './server.js';
export type { Script, Step } from './steps.js';
