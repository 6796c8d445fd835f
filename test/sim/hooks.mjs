// Imported before the simulator: the workflows' code gets the simulator's model of Temporal for the SDK's own. Node takes the
// types away by itself, which leaves functions as they are; tsx would name each one that is made.
import { registerHooks } from 'node:module';

const STANDS_IN = {
  '@temporalio/workflow': new URL('./workflow-api.ts', import.meta.url).href,
  '@temporalio/workflow-streams/workflow': new URL('./workflow-stream.ts', import.meta.url).href,
};

registerHooks({
  resolve: (specifier, context, next) => {
    const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    return next(STANDS_IN[specifier] ?? (isOurs ? specifier.replace(/\.js$/, '.ts') : specifier), context);
  },
});
