/** The types of Holdfast's workflows, as histories and lists have them. */
export const WORKFLOW_TYPES = ['llmCall', 'llmBatch', 'providerBoard', 'deliverWebhook'] as const;
