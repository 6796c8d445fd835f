/** Fields of a call's memo. */
export const MEMO_HASH = 'holdfastRequestHash';
export const MEMO_OWNER = 'holdfastOwner';
/** The request in a line, of a call that was started without a summary. */
export const MEMO_SUMMARY = 'holdfastSummary';
