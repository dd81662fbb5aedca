/** Functions by what their roles are called. */
const FUNCTIONS = ['Api', 'Worker', 'IsolatedWorker', 'DeadLetters', 'Sweeper'] as const;

const DYNAMODB_KEY =
  'AWS documents it among what DynamoDB asks “at a minimum” of whoever uses a table under a key of his own ' +
  '(…/amazondynamodb/latest/developerguide/encryption.usagenotes.html); that a caller is asked for more than kms:Decrypt ' +
  'once the table exists, nobody has shown. Only a real table would; with kms:ViaService it opens nothing else.';

/**
 * Grants that the tour does not need, each with its reason. A reason that has become idle (the grant is gone, or needed
 * after all) fails the proof just like a grant without one.
 */
export const JUSTIFIED: Readonly<Record<string, string>> = Object.fromEntries(
  FUNCTIONS.flatMap((fn) =>
    ['kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'].map((action) => [
      `${fn}Role: ${action} on DataKey through dynamodb`,
      DYNAMODB_KEY,
    ]),
  ),
);
