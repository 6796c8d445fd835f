import { isGrpcServiceError } from '@temporalio/client';
import { GRPC } from './errors.js';
import { serverSays } from './server-says.js';

/** Whether the server says that there is no such workflow. Where it finds no namespace, nothing is known of the workflow. */
export function isWorkflowGone(error: unknown): error is Error & { readonly details: string } {
  return isGrpcServiceError(error) && error.code === GRPC.NOT_FOUND && !/namespace/i.test(serverSays(error));
}
