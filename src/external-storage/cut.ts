/** A piece has at least as many bytes, but for the last one, and at most as many. */
const LEAST_BYTES = 128 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** A piece ends where these bits of the sum are 0: after 512 KB on average, beyond the least. */
const END_BITS = 0x7f_ff_f0_00;

/** A number for each byte, without a pattern: of a generator of fixed seed, so that all processes cut in the same places. */
const NUMBERS = numbersFor(256);

/**
 * Cuts bytes into pieces where their content says so, and not where they lie: what several have in common, an image or a whole
 * request, is in the same pieces of each, whatever stands before it, and in whichever blocks they come. (The sum forgets a byte after 32 more: "gear hash".)
 */
export function* cutByContent(blocks: readonly Uint8Array[]): Generator<Uint8Array, void> {
  for (let left = blocks.filter(({ length }) => length > 0); left.length > 0;) {
    const next = beginningOf(left);
    const piece = next.subarray(0, endOfPiece(next));
    yield piece;
    left = without(left, piece.length);
  }
}

/** As much as a piece can have. Only what lies in several blocks is copied. */
function beginningOf(blocks: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...others] = blocks;
  if (others.length === 0 || first.length >= MOST_BYTES) return first.subarray(0, MOST_BYTES);
  return Buffer.concat([first, ...others.map((block) => block.subarray(0, MOST_BYTES))]).subarray(0, MOST_BYTES);
}

/** What is left of blocks without so many bytes. */
function without(blocks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  return blocks.flatMap((block) => {
    const rest = block.subarray(left);
    left = Math.max(0, left - block.length);
    return rest.length === 0 ? [] : [rest];
  });
}

function endOfPiece(bytes: Uint8Array): number {
  const most = bytes.length;
  let sum = 0;
  for (let at = LEAST_BYTES; at < most; at++) {
    // oxlint-disable-next-line unicorn/prefer-math-trunc -- kept in 32 bits it is five times as fast
    sum = ((sum << 1) + (NUMBERS[bytes[at] ?? 0] ?? 0)) | 0;
    if ((sum & END_BITS) === 0) return at + 1;
  }
  return most;
}

/** The generator is Marsaglia's xorshift32. */
function numbersFor(count: number): Int32Array {
  let state = 0x9e_37_79_b9;
  return Int32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}
