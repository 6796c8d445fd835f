import { isGrpcServiceError } from '@temporalio/client';

/** gRPC's status codes that have an advice of their own. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Temporal could not be used: which server, what happened, what to do. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError';
}

/** An error of Temporal's in words that help; other errors stay as they are. */
export function explainTemporalError(
  error: unknown,
  { address, namespace }: { address: string; namespace: string },
): unknown {
  const text = error instanceof Error ? `${error.message} ${grpcDetails(error)}` : String(error);
  const advice = adviceFor(codeOf(error), text, address, namespace);
  return advice === null ? error : new TemporalUnavailableError(advice, { cause: error });
}

function adviceFor(code: number | null, text: string, address: string, namespace: string): string | null {
  if (
    code === UNAVAILABLE ||
    /transport error|failed to connect|connection refused|ECONNREFUSED|deadline/i.test(text)
  ) {
    return (
      `no Temporal server answers at ${address}. Start one with \`holdfast dev\`, ` +
      'or say where yours is with --address or TEMPORAL_ADDRESS'
    );
  }
  // The SDK's own error for it carries no code.
  if ((code === NOT_FOUND && /namespace/i.test(text)) || /^namespace not found/i.test(text)) {
    return (
      `the Temporal server at ${address} has no namespace "${namespace}". Set TEMPORAL_NAMESPACE or --namespace, ` +
      `or create it: temporal operator namespace create --namespace ${namespace}`
    );
  }
  if (code === INVALID_ARGUMENT && /search attribute/i.test(text)) {
    return (
      `the namespace "${namespace}" lacks Holdfast's search attributes. A worker registers them when it starts: ` +
      'start one with `holdfast worker`, or see docs/operations.md'
    );
  }
  if (code === FAILED_PRECONDITION && /no poller/i.test(text)) {
    return 'no worker answers: the last one that was seen is gone. Start one with `holdfast worker`, or `holdfast dev`';
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return `the Temporal server at ${address} refused the credentials for namespace "${namespace}". Check TEMPORAL_API_KEY or the TLS settings of the profile`;
  }
  return null;
}

function codeOf(error: unknown): number | null {
  for (let value = error; value instanceof Error; value = value.cause) {
    if (isGrpcServiceError(value)) return value.code;
    if ('code' in value && typeof value.code === 'number') return value.code;
  }
  return null;
}

function grpcDetails(error: Error): string {
  for (let value: unknown = error; value instanceof Error; value = value.cause) {
    if ('details' in value && typeof value.details === 'string') return value.details;
  }
  return '';
}
