export { fakeHoldfast, type FakeHoldfast } from './testing/fake-holdfast.js';
export type { FakeAnswer, FakeCall, FakeReply, FakeScript } from './testing/fake-script.js';
export { startTestHoldfast, type TestHoldfast, type TestHoldfastOptions } from './testing/start-test-holdfast.js';
export {
  parseScript,
  ScriptError,
  startMockProvider,
  type MockProvider,
  type MockProviderOptions,
  type RecordedRequest,
  type Script,
  type Step,
} from './mock-provider/index.js';
