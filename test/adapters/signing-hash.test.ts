import { createHash, createHmac, randomBytes } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { dynamoClient } from '../../shared/adapters/aws/lean-clients.ts';
import { SigningHash } from '../../shared/adapters/aws/signing-hash.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the hash of the request signer', () => {
  test('is SHA-256', async () => {
    const hash = new SigningHash();
    hash.update(bytes('a'));
    hash.update(bytes('b'));
    expect(await hash.digest()).toEqual(createHash('sha256').update('ab').digest());
    hash.reset();
    hash.update(bytes('c'));
    expect(await hash.digest()).toEqual(createHash('sha256').update('c').digest());
  });

  test('is HMAC-SHA-256 where there is a secret: text, bytes, part of a buffer, the same one again', async () => {
    const buffer = randomBytes(64);
    const view = new Uint8Array(buffer.buffer, buffer.byteOffset + 8, 32);
    for (const secret of ['AWS4wJalrXUtnFEMI', randomBytes(32), view, view, new Uint8Array([1, 2, 3]).buffer]) {
      const hash = new SigningHash(secret);
      hash.update(bytes('scope'));
      const key = secret instanceof ArrayBuffer ? new Uint8Array(secret) : secret;
      expect(await hash.digest()).toEqual(createHmac('sha256', key).update('scope').digest());
    }
  });
});

describe('a lean client', () => {
  afterEach(() => void vi.useRealTimers());

  test('signs as the SDK does, for whoever it is, on whatever day', async () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
    const caller = { region: 'eu-west-1', credentials };
    const command = () => new GetItemCommand({ TableName: 'State', Key: { pk: { S: 'a' } } });
    for (const day of ['2026-11-21T23:59:59Z', '2026-11-22T00:00:00Z']) {
      vi.useFakeTimers({ now: new Date(day), toFake: ['Date'] });
      const plain = await headersOf(new DynamoDBClient({ ...IMPATIENT, ...caller }), command());
      const lean = await headersOf(dynamoClient(caller), command());
      expect(lean['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/202611\d\d\/eu-west-1\/dynamodb\//);
      expect(lean['x-amz-security-token']).toBe('token');
      expect(lean['authorization']).toBe(plain['authorization']);
    }
  });
});

/** What would be sent, without what differs between two sends of one request and what only one of the two says of itself. */
async function headersOf(client: DynamoDBClient, command: GetItemCommand): Promise<Record<string, string>> {
  let headers: Record<string, string> = {};
  const withoutWhatDiffers =
    <A, R>(next: (args: A) => R) =>
    (args: A): R => {
      const { request } = args as { request: { headers: Record<string, string> } };
      delete request.headers['x-amz-user-agent'];
      delete request.headers['amz-sdk-invocation-id'];
      return next(args);
    };
  client.middlewareStack.addRelativeTo(withoutWhatDiffers, {
    name: 'withoutWhatDiffers',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware',
  });
  client.middlewareStack.add(
    () => (args) => {
      headers = (args as { request: { headers: Record<string, string> } }).request.headers;
      return Promise.reject(new Error('not sent'));
    },
    { step: 'deserialize', name: 'notSent', priority: 'low' },
  );
  await client.send(command).catch(() => undefined);
  client.destroy();
  return headers;
}
