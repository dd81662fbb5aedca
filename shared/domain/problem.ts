/** One thing wrong with what a user sent. All of them are reported at once (contract §3, §4). */
export interface Problem {
  readonly code: ProblemCode;
  /** JSON Pointer into the document that was sent. */
  readonly path: string;
  readonly message: string;
}

export type ProblemCode =
  | 'malformed'
  | 'empty'
  | 'unknown_key'
  | 'duplicate_key'
  | 'duplicate_need'
  | 'unknown_need'
  | 'self_need'
  | 'cycle'
  | 'unknown_branch'
  | 'join_required'
  | 'reserved_id'
  | 'unknown_type'
  | 'invalid_with'
  | 'invalid_duration'
  | 'bad_template'
  | 'unquoted_template'
  | 'unknown_reference'
  | 'not_upstream'
  | 'error_handled_twice'
  | 'limit_exceeded'
  // warnings
  | 'unguarded_reference'
  | 'retry_delays_unused';
