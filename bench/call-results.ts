import { table } from '../src/cli/table.js';
import type { HistorySizes } from './histories.js';
import { KINDS, type Kind, type PerKind } from './kinds.js';
import type { Block, Rounds } from './rounds.js';
import { median, medianKnown } from './statistics.js';

export interface Measured {
  readonly rounds: Rounds;
  /** Milliseconds of single calls. */
  readonly single: PerKind<number[]>;
  readonly histories: HistorySizes;
}

type Values = PerKind<number | null>;

/** The kinds that are compared with the bare one. */
type Compared = Exclude<Kind, 'bare'>;

/** One row of the table of speed. */
interface Row {
  readonly what: string;
  readonly values: Values;
  readonly digits: number;
}

/** The results as two tables for people. */
export function tables(measured: Measured): string {
  const speed = table(
    ['', ...KINDS, 'llmCall / bare', 'driven / bare'],
    speedRows(measured).map(({ what, values, digits }) => [
      what,
      ...KINDS.map((kind) => shown(values[kind], digits)),
      shown(ratio(values, 'llmCall'), 2),
      shown(ratio(values, 'driven'), 2),
    ]),
  );
  const { events: eventsAtOnce } = measured.histories['answered at once'];
  const histories = table(
    ['history of a call', 'events', 'more', 'bytes', 'state transitions'],
    Object.entries(measured.histories).map(([shape, { events, bytes, transitions }]) => [
      shape,
      String(events),
      events > eventsAtOnce ? `+${events - eventsAtOnce}` : '',
      String(bytes),
      String(transitions),
    ]),
  );
  return `${speed}\n\n${histories}`;
}

/** The results for programs: ratios, counts, and no absolute time. */
export function summary(measured: Measured): Record<string, unknown> {
  const { histories } = measured;
  const events = (shape: keyof HistorySizes) => histories[shape].events;
  return {
    ...versusBare(measured, 'llmCall'),
    events_per_call: events('answered at once'),
    events_per_retry: (events('after 3 retries') - events('after 1 retry')) / 2,
    events_per_fallback: events('after 2 fallbacks') - events('after 1 fallback'),
    events_with_one_retry: events('after 1 retry'),
    events_with_one_fallback: events('after 1 fallback'),
    bytes_per_call: histories['answered at once'].bytes,
    driven: {
      ...versusBare(measured, 'driven'),
      events_per_call: events('driven, answered at once'),
      bytes_per_call: histories['driven, answered at once'].bytes,
    },
  };
}

function versusBare({ rounds, single }: Measured, kind: Compared): Record<string, number | null> {
  const rates = perKind(rounds, ({ callsPerSecond }) => callsPerSecond);
  const pairs = rounds[kind].map(
    ({ callsPerSecond }, index) => callsPerSecond / (rounds.bare[index]?.callsPerSecond ?? Number.NaN),
  );
  return {
    throughput_vs_bare: rounded(ratio(rates, kind)),
    throughput_vs_bare_round_by_round: rounded(median(pairs)),
    cpu_vs_bare: rounded(ratio(perKind(rounds, totalCpuMs), kind)),
    latency_vs_bare: rounded(ratio(medians(single), kind)),
  };
}

function speedRows({ rounds, single }: Measured): Row[] {
  return [
    { what: 'calls per second', values: perKind(rounds, ({ callsPerSecond }) => callsPerSecond), digits: 1 },
    { what: 'CPU ms per call, server', values: perKind(rounds, ({ cpuMs }) => cpuMs.server), digits: 1 },
    { what: 'CPU ms per call, worker', values: perKind(rounds, ({ cpuMs }) => cpuMs.worker), digits: 1 },
    { what: 'CPU ms per call, client', values: perKind(rounds, ({ cpuMs }) => cpuMs.client), digits: 1 },
    { what: 'p50 of one call alone, ms', values: medians(single), digits: 0 },
  ];
}

/** The median over the rounds, for each kind. */
function perKind(rounds: Rounds, value: (block: Block) => number | null): Values {
  return {
    bare: medianKnown(rounds.bare.map(value)),
    llmCall: medianKnown(rounds.llmCall.map(value)),
    driven: medianKnown(rounds.driven.map(value)),
  };
}

function medians({ bare, llmCall, driven }: PerKind<number[]>): Values {
  return { bare: median(bare), llmCall: median(llmCall), driven: median(driven) };
}

function totalCpuMs({ cpuMs: { server, worker, client } }: Block): number | null {
  return server === null || worker === null ? null : server + worker + client;
}

function ratio({ bare, ...others }: Values, kind: Compared): number | null {
  const compared = others[kind];
  return bare === null || compared === null ? null : compared / bare;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

function shown(value: number | null, digits: number): string {
  return value === null ? 'not available' : value.toFixed(digits);
}
