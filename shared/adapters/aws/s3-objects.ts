import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { charge } from '../../metering/tally.ts';
import type { ObjectStore } from './payloads.ts';

/** The objects of one bucket. */
export class S3Objects implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ContentType: 'application/octet-stream' }),
    );
    charge({ objectPuts: 1 });
  }

  async get(key: string): Promise<Uint8Array> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
    charge({ objectGets: 1 });
    if (Body === undefined) throw new Error(`object ${key} came without a body`);
    return Body.transformToByteArray();
  }
}
