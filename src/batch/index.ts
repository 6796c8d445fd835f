export { assembleOutput, discardParts, type AssembleOptions } from './assemble-output.js';
export type { BatchRow } from './batch-row.js';
export type { RowCall } from './check-row.js';
export { indexInput, type IndexInputOptions, type IndexProgress } from './index-input.js';
export { InputChangedError, InputError } from './input-errors.js';
export { knownModel } from './known-model.js';
export { readIndex, readProblems, readSummary } from './look-into.js';
export type { FoundRecord } from './part-file.js';
export { openPart, readParts, readRecordLine, type Part, type PartOptions, type ReadPartsOptions } from './parts.js';
export type { RowProblem } from './problems.js';
export { readChunk, readRow, type ReadChunkOptions, type ReadRowOptions } from './read-rows.js';
export {
  answeredRecord,
  attemptedRecord,
  failedRecord,
  type RecordContext,
  type RowFacts,
  type RowRecord,
  type RowState,
} from './row-record.js';
export { spoolInput } from './spool-input.js';
export type { BatchSummary } from './summary.js';
