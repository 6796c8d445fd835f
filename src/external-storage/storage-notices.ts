export interface StorageNotices {
  /** Something could not be stored. */
  refused(error: unknown): void;
  /** Something was stored. */
  took(): void;
}

/** Tells once that external storage does not take payloads, and once that it does again, however many there are meanwhile. */
export function storageNotices(location: string, warn: (message: string) => void): StorageNotices {
  let isAway = false;
  return {
    refused(error) {
      if (isAway) return;
      isAway = true;
      const reason = error instanceof Error ? error.message : String(error);
      warn(`the external storage takes no payloads: those of up to 1.5 MB go through Temporal meanwhile; ${reason}`);
    },
    took() {
      if (!isAway) return;
      isAway = false;
      warn(`the external storage in ${location} takes payloads again`);
    },
  };
}
