export { assembleOutput, discardParts } from './assemble-output.js';
export type { BatchRow } from './batch-row.js';
export { claimFolder, ownerOf } from './claim.js';
export { readFailedRows, type FailedKind } from './failed-rows.js';
export { inputConflict } from './folder.js';
export { indexInput, type IndexInputOptions, type IndexProgress } from './index-input.js';
export { inputDigest } from './input-digest.js';
export { InputChangedError, InputError } from './input-errors.js';
export type { RowCall } from './check-row.js';
export { knownModel } from './known-model.js';
export { readText } from './read-bytes.js';
export { readIndex, readProblems, readSummary } from './read-batch-files.js';
export { readOutputRows, type OutputRow } from './output-rows.js';
export { permittedCall } from './permitted-call.js';
export type { FoundRecord } from './part-file.js';
export { openPart, readParts, readRecordLine, type Part } from './parts.js';
export { probeFolder } from './probe-folder.js';
export type { RowProblem } from './problems.js';
export { readChunk, readRow } from './read-rows.js';
export {
  answeredRecord,
  attemptedRecord,
  failedRecord,
  type RowFacts,
  type RowRecord,
  type RowState,
} from './row-record.js';
export { spoolInput } from './spool-input.js';
export type { BatchSummary } from './summary.js';
export { TokenCounter } from './token-counter.js';
export { TokenEstimate, type GroupTokens } from './token-estimate.js';
