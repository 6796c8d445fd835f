// Imported before the simulator: the workflows' code gets the simulator's model of Temporal for the SDK's own. Node takes the
// types away by itself, which leaves functions as they are; tsx would name each one that is made.
import { registerHooks } from 'node:module';

const STANDS_IN = {
  '@temporalio/worker': new URL('./worker-api.ts', import.meta.url).href,
  '@temporalio/workflow': new URL('./workflow-api.ts', import.meta.url).href,
  '@temporalio/workflow-streams/workflow': new URL('./workflow-stream.ts', import.meta.url).href,
};

registerHooks({
  resolve: (specifier, context, next) => {
    // The SDK's own parts have each other as they are.
    if (!context.parentURL?.endsWith('.ts')) return next(specifier, context);
    return next(STANDS_IN[specifier] ?? specifier.replace(/^(\..*)\.js$/, '$1.ts'), context);
  },
});
