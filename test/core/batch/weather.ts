/** What a simulated world may do; each a chance between 0 and 1. */
export interface Weather {
  /** A first attempt fails. */
  readonly firstFails: number;
  /** A call ends with a failure. */
  readonly callFails: number;
  /** A call is stopped by somebody. */
  readonly callStopped: number;
  /** A call is forgotten by Temporal, with nothing written. */
  readonly callForgotten: number;
  /** The activity of a chunk is lost with what it was about to tell; another does it again. */
  readonly chunkLost: number;
  /** Nobody can read the files for now. */
  readonly storage: number;
  /** Anything else goes wrong in an activity, once. */
  readonly error: number;
  /** A word comes twice, or late. */
  readonly echo: number;
  /** People pause, resume and change the concurrency. */
  readonly people: number;
  /** A workflow task brings several things at once. */
  readonly together: number;
  /** The history is long. */
  readonly long: number;
}
