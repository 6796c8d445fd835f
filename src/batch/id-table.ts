/** Puts 64 bits that depend on a text into two places. */
export type TextHash = (text: string, into: Uint32Array) => void;

const WORDS = 3;
const FIRST_SLOTS = 1024;
const MAX_LOAD = 0.7;

/**
 * Remembers which row had which id by 64 bits of each id, 12 bytes a slot: about 25 MB for a million rows. Two ids may
 * share their bits, seldom enough to look up both when they do.
 */
export class IdTable {
  private readonly hash: TextHash;
  private readonly bits = new Uint32Array(2);
  /** Per slot: both halves of the hash, and the row plus one; 0 is an empty slot. */
  private slots = new Uint32Array(WORDS * FIRST_SLOTS);
  private used = 0;

  constructor(hash: TextHash = hashText) {
    this.hash = hash;
  }

  /** Rows whose ids may be this one. */
  rowsLike(id: string): readonly number[] {
    this.hash(id, this.bits);
    const [high = 0, low = 0] = this.bits;
    const rows: number[] = [];
    for (let at = this.firstSlot(low); this.slots[at + 2] !== 0; at = this.nextSlot(at)) {
      if (this.slots[at] === high && this.slots[at + 1] === low) rows.push((this.slots[at + 2] ?? 0) - 1);
    }
    return rows;
  }

  add(id: string, row: number): void {
    if ((this.used + 1) * WORDS > this.slots.length * MAX_LOAD) this.grow();
    this.hash(id, this.bits);
    const [high = 0, low = 0] = this.bits;
    this.put(high, low, row + 1);
    this.used += 1;
  }

  private put(high: number, low: number, rowNumber: number): void {
    let at = this.firstSlot(low);
    while (this.slots[at + 2] !== 0) at = this.nextSlot(at);
    this.slots[at] = high;
    this.slots[at + 1] = low;
    this.slots[at + 2] = rowNumber;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      const rowNumber = old[at + 2] ?? 0;
      if (rowNumber !== 0) this.put(old[at] ?? 0, old[at + 1] ?? 0, rowNumber);
    }
  }

  /** The number of slots is a power of two. */
  private firstSlot(low: number): number {
    return WORDS * (low & (this.slots.length / WORDS - 1));
  }

  private nextSlot(at: number): number {
    return at + WORDS === this.slots.length ? 0 : at + WORDS;
  }
}

/** Two lanes with factors of their own, stirred until each bit depends on every character. */
function hashText(text: string, into: Uint32Array): void {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x85ebca6b;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  into[0] = mix(a ^ mix(b));
  into[1] = mix(b ^ mix(a + 1));
}

function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return bits ^ (bits >>> 16);
}
