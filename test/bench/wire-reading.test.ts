import { describe, expect, test } from 'vitest';
import { askedForCapacity, dynamodbCounts, sqsCounts, type Exchange } from '../../bench/cost/wire-reading.ts';

const exchange = (operation: string, answer: unknown, more: Partial<Exchange> = {}): Exchange => ({
  method: 'POST',
  operation,
  request: '{}',
  status: 200,
  answer: JSON.stringify(answer),
  ...more,
});
const capacity = (units: number, table: number) => ({ CapacityUnits: units, Table: { CapacityUnits: table } });

describe('DynamoDB', () => {
  test('the capacity is asked for where nobody did', () => {
    const asked: unknown = JSON.parse(askedForCapacity('PutItem', '{"TableName":"t"}'));
    expect(asked).toEqual({ ReturnConsumedCapacity: 'INDEXES', TableName: 't' });
    const own = '{"TableName":"t","ReturnConsumedCapacity":"INDEXES"}';
    expect(askedForCapacity('PutItem', own)).toBe(own);
    expect(askedForCapacity('SendMessage', '{"a":1}')).toBe('{"a":1}');
  });

  test('a write counts with its index entries, which are told apart', () => {
    expect(dynamodbCounts(exchange('UpdateItem', { ConsumedCapacity: capacity(3, 1) }))).toEqual({
      writeUnits: 3,
      indexWriteUnits: 2,
    });
  });

  test('a read in several tables is one call', () => {
    expect(
      dynamodbCounts(exchange('BatchGetItem', { ConsumedCapacity: [capacity(2, 2), capacity(0.5, 0.5)] })),
    ).toEqual({
      readUnits: 2.5,
      readCalls: 1,
    });
  });

  test('a refused condition is billed, a fault is not', () => {
    const refused = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException' };
    expect(dynamodbCounts(exchange('PutItem', refused, { status: 400 }))).toEqual({ writeUnits: 1 });
    const fault = { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' };
    expect(dynamodbCounts(exchange('PutItem', fault, { status: 500 }))).toEqual({});
  });

  test('what it does not know stops it: nothing is left out in silence', () => {
    expect(() => dynamodbCounts(exchange('TransactWriteItems', {}))).toThrow('TransactWriteItems');
  });
});

describe('SQS', () => {
  test('a batch is one request, whatever is in it', () => {
    const request = JSON.stringify({ Entries: [{}, {}, {}] });
    expect(sqsCounts(exchange('SendMessageBatch', {}, { request }))).toEqual({ queueRequests: 1, messages: 3 });
    expect(sqsCounts(exchange('DeleteMessageBatch', {}))).toEqual({ queueRequests: 1 });
  });

  test('a receive that brings nothing is what an idle stack costs', () => {
    expect(sqsCounts(exchange('ReceiveMessage', {}))).toEqual({ queueRequests: 0 });
    expect(sqsCounts(exchange('ReceiveMessage', { Messages: [{}] }))).toEqual({ queueRequests: 1 });
  });
});
