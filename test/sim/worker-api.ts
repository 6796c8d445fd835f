/** Workers of the simulator are its own: of the SDK's, only names are asked for. */
export const Runtime = null;
export const bundleWorkflowCode = null;
