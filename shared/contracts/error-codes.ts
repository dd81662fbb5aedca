/** The API's own error codes (definition and node codes are in the contract's section 4): status, title, what to do. */
export const API_ERRORS = {
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    help: 'Each entry of problems[] says what, where (a JSON Pointer) and how to mend it.',
  },
  input_invalid: {
    status: 400,
    title: 'The input does not fit the workflow',
    help: "problems[] lists where the input departs from the workflow's input schema.",
  },
  unauthorized: {
    status: 401,
    title: 'An API key is needed',
    help: 'Send Authorization: Bearer sw_…; npm run keys -- create makes one.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    help: 'The key is valid but may not do this; the local stack also refuses foreign Host and Origin headers.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing',
    help: 'Check the id or name; things of other workspaces are not found either.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path does not take this method',
    help: 'The Allow header lists those that it takes.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
    help: 'Use a new key for a new request, and the same body with the same key.',
  },
  execution_terminal: {
    status: 409,
    title: 'The execution has ended',
    help: 'Start a new one, or redrive this one: POST /v1/executions/{id}/redrive.',
  },
  execution_running: {
    status: 409,
    title: 'The execution has not ended',
    help: 'Only what has ended is redriven or replayed: wait for its end, or cancel it.',
  },
  nothing_to_redrive: {
    status: 409,
    title: 'No node of this execution failed',
    help: 'Name the nodes whose results are to be discarded in `from`.',
  },
  version_incompatible: {
    status: 409,
    title: 'The execution cannot go on with this version',
    help: 'Every node whose result is kept must exist there with the same type; problems[] names those that do not. Put the others into `from`.',
  },
  too_many_redrives: {
    status: 409,
    title: 'The execution was redriven as often as it may be',
    help: 'GET /v1/limits says how often (redrivesMax); start a new one.',
  },
  dead_letter_closed: {
    status: 409,
    title: 'The dead letter was replayed or discarded before',
    help: 'Look at its execution; if the node failed again there is a new entry.',
  },
  workflow_in_use: {
    status: 409,
    title: 'Executions of this workflow are running',
    help: 'Cancel them or wait for their end, then delete again.',
  },
  callback_used: {
    status: 409,
    title: 'The node does not wait for this callback any more',
    help: 'Somebody else decided, or the execution was stopped.',
  },
  callback_expired: {
    status: 410,
    title: 'The callback came too late',
    help: "The node's expires has passed; it failed as callback_expired.",
  },
  too_large: { status: 413, title: 'Too large', help: 'GET /v1/limits lists what is allowed.' },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    help: 'Send application/json; definitions may also be application/yaml.',
  },
  unavailable: {
    status: 503,
    title: 'A dependency does not answer',
    help: 'Try again after the seconds in Retry-After; nothing was half done.',
  },
  internal: {
    status: 500,
    title: 'A bug in Stepwell',
    help: 'Report it with the instance id; the log line of that id has the details.',
  },
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;
