/** Why a workflow task fails once, and with it the queries that came with it. */
export const TASK_BEGINS_AGAIN =
  'a query was answered with events in it whose task had not begun; the task begins again, with the whole history';
