import { FailureConverter } from './failure-converter.js';

/** By this name the SDK finds it in this file, which workers with encryption name. */
export const failureConverter = new FailureConverter({ encodesTexts: true });
