import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { HoldStatus } from '../core/deployments/board-status.js';
import {
  HOLD,
  NOTHING_TO_HOLD,
  RELEASE,
  type HoldRequest,
  type ReleaseRequest,
} from '../core/deployments/hold-messages.js';
import { updateBoard } from '../temporal/update-board.js';
import { callError } from './errors.js';

export interface HoldOptions {
  /** For people: in the ledger of each call that waits for it. */
  readonly why: string;
  /** Who holds it. @default the client */
  readonly by?: string | undefined;
  /** Whether calls go on to their fallbacks, where they have some. @default false: they wait */
  readonly divert?: boolean | undefined;
}

export type ReleaseOptions = Omit<ReleaseRequest, 'target'>;

/** The board answers when a worker has its task. */
const ANSWERS_WITHIN_MS = 15_000;

export function hold(client: Client, taskQueue: string, request: HoldRequest, nowMs: number): Promise<HoldStatus> {
  return ask(client, taskQueue, HOLD, request, nowMs);
}

export function release(
  client: Client,
  taskQueue: string,
  request: ReleaseRequest,
  nowMs: number,
): Promise<HoldStatus> {
  return ask(client, taskQueue, RELEASE, request, nowMs);
}

async function ask<Input>(
  client: Client,
  taskQueue: string,
  update: string,
  input: Input,
  nowMs: number,
): Promise<HoldStatus> {
  try {
    const send = () => updateBoard<HoldStatus, Input>(client, taskQueue, update, input);
    return await client.withDeadline(nowMs + ANSWERS_WITHIN_MS, send);
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** What the board says of a request that means nothing; null for any other error. */
function refusalOf(error: unknown): Error | null {
  if (!(error instanceof WorkflowUpdateFailedError)) return null;
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause;
  const isUnknown = cause instanceof ApplicationFailure && cause.type === NOTHING_TO_HOLD;
  const message = cause instanceof Error ? cause.message : error.message;
  return callError({ kind: isUnknown ? 'NotFoundError' : 'BadRequestError', message, cause: error });
}
