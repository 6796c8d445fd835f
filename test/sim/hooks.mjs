// Imported before the simulator: the workflows' code gets the simulator's model of Temporal for the SDK's own.
import { registerHooks } from 'node:module';

const STANDS_IN = {
  '@temporalio/workflow': new URL('./workflow-api.ts', import.meta.url).href,
  '@temporalio/workflow-streams/workflow': new URL('./workflow-stream.ts', import.meta.url).href,
};

registerHooks({
  resolve: (specifier, context, next) => next(STANDS_IN[specifier] ?? specifier, context),
});
