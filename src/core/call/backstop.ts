/**
 * So long after the timeout of a call Temporal ends it, if nobody did: the call itself comes first, with its ledger; not one that
 * no worker took, or that its worker was lost with.
 */
export const BACKSTOP_MS = 10_000;
