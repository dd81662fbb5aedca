import * as z from 'zod';
import type { Call } from '../iam/call.ts';
import { arn, asRole } from './requester.ts';
import { operationOf, UnknownRequest, type WireRequest } from './wire-request.ts';

/** A table's ARN in its place would be another account's table. */
const TableName = z.string().regex(/^[a-zA-Z0-9_.-]{3,255}$/);
const OneTable = z.object({ TableName, IndexName: z.string().optional() });
const ManyTables = z.object({ RequestItems: z.record(TableName, z.unknown()) });

const ON_ONE_TABLE = new Set(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'DescribeTable']);
/** Of an index, the index alone is asked for: the right to query its table does not help. */
const ON_TABLE_OR_INDEX = new Set(['Query', 'Scan']);
const ON_MANY_TABLES = new Set(['BatchGetItem', 'BatchWriteItem']);

/** Transactions and PartiQL ask for the rights of what is in them; Stepwell uses neither. */
export function dynamodbCalls(request: WireRequest, role: string): readonly Call[] {
  const operation = operationOf(request);
  const body: unknown = JSON.parse(request.body);
  const call = (resource: string) => asRole(role, `dynamodb:${operation}`, arn('dynamodb', `table/${resource}`));
  if (ON_ONE_TABLE.has(operation)) return [call(OneTable.parse(body).TableName)];
  if (ON_TABLE_OR_INDEX.has(operation)) {
    const { TableName: table, IndexName: index } = OneTable.parse(body);
    return [call(index === undefined ? table : `${table}/index/${index}`)];
  }
  if (ON_MANY_TABLES.has(operation)) return Object.keys(ManyTables.parse(body).RequestItems).map(call);
  throw new UnknownRequest(request);
}
