/** A time of day for people, local; with its date unless that is today's. */
export function localTime(time: Date, now: Date = new Date()): string {
  // The Swedish locale writes dates and times as ISO 8601 does.
  const clock = time.toLocaleTimeString('sv-SE');
  const date = time.toLocaleDateString('sv-SE');
  return date === now.toLocaleDateString('sv-SE') ? clock : `${date} ${clock}`;
}

/** `350 ms`, `2.4 s`, `3 min 05 s`, `2 h 05 min`, `3 d 4 h` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${twoDigits(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12:03:04 (in 12 s)`; just `now` when it is over. */
export function untilTime(time: Date, now: Date = new Date()): string {
  const leftMs = time.getTime() - now.getTime();
  return leftMs <= 0 ? 'now' : `${localTime(time, now)} (in ${duration(leftMs)})`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
